import type { Instrument } from '@tapedeck/market/instrument/instrument';
import { must } from '@tapedeck/market/number/assert';
import type { AlertRule } from '@tapedeck/market/wire/alert';
import { ALERT_BOUNDS, type AlertKind } from '@tapedeck/market/wire/alert-kind';

import { parseUnits, priceText } from '../../format/market-text.ts';
import { spanText } from '../../format/time-text.ts';
import type { AlertDraft } from '../../queries/alerts.ts';

export const KIND_WORDS: Readonly<Record<AlertKind, string>> = {
  crosses: 'crosses',
  'crosses-up': 'crosses upwards',
  'crosses-down': 'crosses downwards',
  'at-least': 'is at or above',
  'at-most': 'is at or below',
  'feed-age': 'data older than',
};

/** A duration as it was set, to the millisecond: 1.5 s is not 2 s. */
function boundText(ms: number): string {
  return ms % 1_000 === 0 ? spanText(ms) : `${ms / 1_000} s`;
}

/** What a rule waits for, as text: `crosses 61,234.5`, `data older than 10 s`. */
export function conditionText(
  rule: Pick<AlertRule, 'kind' | 'priceTicks' | 'tickSize' | 'ageMs'> &
    Partial<Pick<AlertRule, 'forMs'>>,
  grid: Pick<Instrument, 'tickSize' | 'lotSize'> | undefined,
): string {
  const words = KIND_WORDS[rule.kind];
  const held = (rule.forMs ?? 0) > 0 ? ` for ${boundText(rule.forMs ?? 0)}` : '';
  if (ALERT_BOUNDS[rule.kind] === 'ageMs') return `${words} ${boundText(rule.ageMs ?? 0)}${held}`;
  // The rule's own steps: the market may have others by now.
  const tickSize = rule.tickSize ?? grid?.tickSize;
  if (tickSize === undefined) return `${words} ${rule.priceTicks ?? '?'} ticks${held}`;
  return `${words} ${priceText(rule.priceTicks, { tickSize, lotSize: grid?.lotSize ?? '1' })}${held}`;
}

export type AlertFormValues = {
  readonly symbol: string;
  readonly kind: AlertKind;
  readonly price: string;
  readonly ageSeconds: string;
  /** Seconds that the condition must hold; empty: fires at once. */
  readonly forSeconds: string;
  readonly repeat: 'once' | 'every';
  readonly note: string;
};
export type FormProblems = Partial<
  Record<'symbol' | 'price' | 'ageSeconds' | 'forSeconds' | 'note', string>
>;

/** The feed has the same limit. */
const MAX_FOR_MS = 3_600_000;
const MAX_NOTE = 200;

/** The draft that the form describes, or which fields are wrong and why. */
export function draftOf(
  form: AlertFormValues,
  instrument: Pick<Instrument, 'tickSize'> | undefined,
): { readonly draft: AlertDraft } | { readonly problems: FormProblems } {
  if (instrument === undefined) return { problems: { symbol: 'Choose a symbol.' } };
  const held = form.forSeconds.trim() === '' ? { units: 0 } : parseUnits(form.forSeconds, '0.001');
  if ('problem' in held) return { problems: { forSeconds: held.problem } };
  if (held.units < 0 || held.units > MAX_FOR_MS)
    return { problems: { forSeconds: 'Between 0 seconds and an hour.' } };
  if (form.note.trim().length > MAX_NOTE)
    return { problems: { note: `At most ${MAX_NOTE} characters.` } };
  const rest = {
    symbol: form.symbol,
    kind: form.kind,
    repeat: form.repeat,
    forMs: held.units,
    note: form.note.trim(),
  };
  if (ALERT_BOUNDS[form.kind] === 'ageMs') {
    const parsed = parseUnits(form.ageSeconds, '0.001');
    if ('problem' in parsed) return { problems: { ageSeconds: parsed.problem } };
    if (parsed.units < 1_000 || parsed.units > 86_400_000)
      return { problems: { ageSeconds: 'Between 1 second and 24 hours.' } };
    return { draft: { ...rest, ageMs: parsed.units } };
  }
  const parsed = parseUnits(form.price, instrument.tickSize);
  if ('problem' in parsed)
    return {
      problems: {
        price: parsed.problem.startsWith('Must')
          ? `The tick size is ${must(instrument.tickSize, 'tick size')}.`
          : parsed.problem,
      },
    };
  // With its tick size: the market may change it while the request is in flight.
  return { draft: { ...rest, priceTicks: parsed.units, tickSize: instrument.tickSize } };
}
