'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { ALERT_BOUNDS, ALERT_KINDS, type AlertKind } from '@tapedeck/market/wire/alert-kind';

import { priceText } from '../../format/market-text.ts';
import { useInstruments, useTopic } from '../../live/live.ts';
import { toastText } from '../../notices/toasts.ts';
import { createAlert } from '../../queries/alerts.ts';
import { Choice } from '../../ui/choice.tsx';
import { Field } from '../../ui/field.tsx';
import {
  conditionText,
  draftOf,
  KIND_WORDS,
  type AlertFormValues as Form,
  type FormProblems,
} from './alert-words.ts';

const KINDS = ALERT_KINDS.map((value) => ({
  value,
  label: ALERT_BOUNDS[value] === 'ageMs' ? 'Data is older than' : `Price ${KIND_WORDS[value]}`,
}));

/** Creates a rule. `symbol` sets what it watches; without it the user chooses. */
export function AlertForm(props: { readonly symbol?: string | undefined }) {
  const instruments = useInstruments();
  const client = useQueryClient();
  const create = useMutation(createAlert(client));
  const first = props.symbol ?? instruments[0]?.symbol ?? '';
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const symbol = props.symbol ?? chosen ?? first;
  const instrument = instruments.find((one) => one.symbol === symbol);
  const [form, setForm] = useState<Omit<Form, 'symbol'>>({
    kind: 'crosses',
    price: '',
    ageSeconds: '10',
    forSeconds: '',
    repeat: 'once',
    note: '',
  });
  const [problems, setProblems] = useState<FormProblems>({});
  const change = (part: Partial<Form>) => {
    setForm({ ...form, ...part });
    setProblems({});
    create.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const result = draftOf({ ...form, symbol }, instrument);
    if ('problems' in result) {
      setProblems(result.problems);
      return;
    }
    create.mutate(result.draft, {
      onSuccess: (rule) => {
        toastText('Alert created', `${rule.symbol} ${conditionText(rule, instrument)}`);
        setForm({ ...form, price: '', forSeconds: '', note: '' });
      },
    });
  };
  const failed = problems.symbol ?? create.error?.message;
  return (
    <form
      onSubmit={submit}
      noValidate
      aria-label="New alert"
      className="flex flex-wrap items-start gap-2 border-b border-line p-2"
    >
      {props.symbol === undefined && (
        <Field label="Symbol">
          {({ id }) => (
            <Choice
              id={id}
              label="Symbol"
              value={symbol}
              onChange={setChosen}
              options={instruments.map((one) => ({ value: one.symbol, label: one.symbol }))}
              className="h-7 min-w-40"
            />
          )}
        </Field>
      )}
      <Field label="When">
        {({ id }) => (
          <Choice<AlertKind>
            id={id}
            label="When"
            value={form.kind}
            onChange={(kind) => change({ kind })}
            options={KINDS}
            className="h-7 min-w-40"
          />
        )}
      </Field>
      {ALERT_BOUNDS[form.kind] === 'ageMs' ? (
        <Field label="Seconds" problem={problems.ageSeconds}>
          {(ids) => (
            <input
              {...ids}
              className="field num w-24"
              inputMode="decimal"
              value={form.ageSeconds}
              onChange={(event) => change({ ageSeconds: event.target.value })}
            />
          )}
        </Field>
      ) : (
        <Field
          label={instrument === undefined ? 'Price' : `Price in ${instrument.quote}`}
          problem={problems.price}
        >
          {(ids) => (
            <PriceInput
              ids={ids}
              symbol={symbol}
              value={form.price}
              onChange={(price) => change({ price })}
            />
          )}
        </Field>
      )}
      <Field label="Held for s" problem={problems.forSeconds}>
        {(ids) => (
          <input
            {...ids}
            className="field num w-16"
            inputMode="decimal"
            autoComplete="off"
            placeholder="0"
            title="Seconds that the condition must hold before it fires"
            value={form.forSeconds}
            onChange={(event) => change({ forSeconds: event.target.value })}
          />
        )}
      </Field>
      <Field label="Fires">
        {({ id }) => (
          <Choice
            id={id}
            label="Fires"
            value={form.repeat}
            onChange={(repeat) => change({ repeat })}
            options={[
              { value: 'once', label: 'once' },
              { value: 'every', label: 'every time' },
            ]}
            className="h-7"
          />
        )}
      </Field>
      <Field label="Note" problem={problems.note}>
        {(ids) => (
          <input
            {...ids}
            className="field w-40"
            autoComplete="off"
            value={form.note}
            onChange={(event) => change({ note: event.target.value })}
          />
        )}
      </Field>
      <button
        type="submit"
        className="control control-primary mt-[18px] h-7"
        disabled={create.isPending}
      >
        {create.isPending ? 'Creating…' : 'Create alert'}
      </button>
      {failed !== undefined && (
        <p role="alert" className="w-full text-micro text-bad">
          {failed}
        </p>
      )}
    </form>
  );
}

/** The empty field shows the last price as a hint: most alerts are near it. */
function PriceInput(props: PriceInputProps) {
  return props.symbol === '' ? (
    <PlainPriceInput {...props} hint="" />
  ) : (
    <HintedPriceInput {...props} />
  );
}

type PriceInputProps = {
  readonly ids: object;
  readonly symbol: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
};

function HintedPriceInput(props: PriceInputProps) {
  const { value } = useTopic({ kind: 'ticker', symbol: props.symbol });
  const hint = value?.last === undefined ? '' : priceText(value.last, value.instrument);
  return <PlainPriceInput {...props} hint={hint} />;
}

function PlainPriceInput(props: PriceInputProps & { readonly hint: string }) {
  return (
    <input
      {...props.ids}
      className="field num w-32"
      inputMode="decimal"
      autoComplete="off"
      placeholder={props.hint}
      value={props.value}
      onChange={(event) => props.onChange(event.target.value)}
    />
  );
}
