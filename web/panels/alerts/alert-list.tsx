'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import clsx from 'clsx';
import { Trash2 } from 'lucide-react';

import type { AlertRule } from '@tapedeck/market/wire/alert';
import type { AlertEvent, AlertState } from '@tapedeck/market/wire/event';

import { dateTimeText } from '../../format/time-text.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import { useInstruments } from '../../live/live.ts';
import { toastProblem } from '../../notices/toasts.ts';
import { alertsQuery, deleteAlert, patchAlert } from '../../queries/alerts.ts';
import { useAskAgain } from '../../queries/ask-again.ts';
import { Loading } from '../../ui/loading.tsx';
import { PanelMessage, Problem } from '../../ui/panel-message.tsx';
import { SymbolText } from '../../ui/symbol-text.tsx';
import { conditionText } from './alert-words.ts';

/** Text, glyph and colour of each state of a rule. */
const STATE: Readonly<Record<AlertState, readonly [string, string, string]>> = {
  normal: ['○', 'normal', 'text-faint'],
  pending: ['◔', 'pending', 'text-delayed'],
  firing: ['●', 'firing', 'text-bad'],
  recovering: ['◑', 'recovering', 'text-delayed'],
  'no-data': ['∅', 'no data', 'text-delayed'],
  error: ['△', 'error', 'text-bad'],
};

function AlertStateText({ state }: { readonly state: AlertState }) {
  const [glyph, word, colour] = STATE[state];
  return (
    <span className={clsx('whitespace-nowrap', colour)}>
      <span aria-hidden className="mr-1">
        {glyph}
      </span>
      {word}
    </span>
  );
}

/** The rules with their states; only those of `symbol` if given. */
export function AlertList(props: { readonly symbol?: string | undefined }) {
  const alerts = useQuery(alertsQuery());
  const askAgain = useAskAgain();
  if (alerts.isError)
    return <Problem message={alerts.error.message} onRetry={() => askAgain(alertsQuery())} />;
  if (alerts.data === undefined)
    return <Loading what="alerts" onRetry={() => askAgain(alertsQuery())} />;
  const rules = alerts.data.rules.filter(
    (rule) => props.symbol === undefined || rule.symbol === props.symbol,
  );
  if (rules.length === 0)
    return (
      <PanelMessage title="No alerts yet">
        The feed evaluates alerts, so they fire with no page open.
      </PanelMessage>
    );
  return (
    <ul>
      {rules.map((rule) => (
        <Rule key={rule.id} rule={rule} withSymbol={props.symbol === undefined} />
      ))}
    </ul>
  );
}

function Rule({ rule, withSymbol }: { readonly rule: AlertRule; readonly withSymbol: boolean }) {
  const client = useQueryClient();
  const instruments = useInstruments();
  const patch = useMutation(patchAlert(client));
  const remove = useMutation(deleteAlert(client));
  const { timeZone } = useSettings();
  const instrument = instruments.find((one) => one.symbol === rule.symbol);
  const words = conditionText(rule, instrument);
  // A rule that fires once switches itself off by firing (P13e).
  const hasFired = !rule.enabled && rule.state === 'firing';
  return (
    <li
      data-testid="alert-rule"
      data-alert-state={rule.state}
      className={clsx(
        'flex min-h-8 items-center gap-2 border-b border-line/50 px-2 text-table',
        !rule.enabled && !hasFired && 'text-faint',
      )}
    >
      <span className="w-20 shrink-0">
        {rule.enabled ? (
          <AlertStateText state={rule.state} />
        ) : hasFired ? (
          <span className="text-bad">● fired</span>
        ) : (
          <span>○ off</span>
        )}
      </span>
      <span className="min-w-0 flex-1 truncate">
        {withSymbol && <SymbolText symbol={rule.symbol} className="mr-1.5 font-semibold" />}
        <span className="num">{words}</span>
        {rule.note !== '' && <span className="ml-2 text-faint">{rule.note}</span>}
      </span>
      <span className={clsx('label whitespace-nowrap', !hasFired && 'hidden sm:inline')}>
        {rule.firedAt === undefined
          ? rule.repeat === 'every'
            ? 'every time'
            : 'once'
          : `fired ${dateTimeText(rule.firedAt, timeZone).slice(5)}`}
      </span>
      <button
        type="button"
        className="control control-small"
        disabled={patch.isPending}
        onClick={() =>
          patch.mutate(
            { id: rule.id, patch: { enabled: !rule.enabled } },
            { onError: (error) => toastProblem('The alert was not changed', error) },
          )
        }
      >
        {rule.enabled ? 'Disable' : hasFired ? 'Watch again' : 'Enable'}
      </button>
      <button
        type="button"
        className="control control-small control-quiet control-icon"
        aria-label={`Delete alert: ${rule.symbol} ${words}`}
        disabled={remove.isPending}
        onClick={() =>
          remove.mutate(rule.id, {
            onError: (error) => toastProblem('The alert was not deleted', error),
          })
        }
      >
        <Trash2 size={12} aria-hidden />
      </button>
    </li>
  );
}

/** State changes, newest first, as the feed keeps them. */
export function AlertLog(props: { readonly symbol?: string | undefined }) {
  const alerts = useQuery(alertsQuery());
  const askAgain = useAskAgain();
  if (alerts.isError)
    return <Problem message={alerts.error.message} onRetry={() => askAgain(alertsQuery())} />;
  if (alerts.data === undefined)
    return <Loading what="the log" onRetry={() => askAgain(alertsQuery())} />;
  const log = alerts.data.log
    .filter((event) => props.symbol === undefined || event.symbol === props.symbol)
    .toSorted((a, b) => b.time - a.time);
  if (log.length === 0)
    return (
      <PanelMessage title="Nothing fired yet">Every state change is logged here.</PanelMessage>
    );
  return (
    <ol>
      {log.slice(0, 200).map((event) => (
        <LogRow key={event.id} event={event} />
      ))}
    </ol>
  );
}

function LogRow({ event }: { readonly event: AlertEvent }) {
  const { timeZone } = useSettings();
  return (
    <li className="flex min-h-7 items-center gap-3 border-b border-line/50 px-2 text-table">
      <time className="num shrink-0 text-micro text-faint">
        {dateTimeText(event.time, timeZone)}
      </time>
      <span className="w-20 shrink-0">
        <AlertStateText state={event.state} />
      </span>
      <span className="min-w-0 truncate">{event.message}</span>
    </li>
  );
}
