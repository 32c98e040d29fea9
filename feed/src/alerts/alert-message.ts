import type { AlertRule } from '@tapedeck/market/wire/alert';
import type { AlertEvent, AlertState } from '@tapedeck/market/wire/event';

import { CONDITIONS, isOfPrice, type Told } from './alert-conditions.ts';
import type { WatchState } from './alert-watch.ts';
import type { PriceFormatter } from './price-formatter.ts';

/**
 * The message for a change of state. `value` decided it: price ticks, or an age in ms; `before` is the previous
 * state.
 */
export function alertMessage(
  watch: WatchState,
  before: AlertState,
  value: number | null,
  priceText: PriceFormatter,
): string {
  const { symbol, kind, priceTicks, tickSize } = watch.rule;
  const level = priceTicks === undefined ? '' : priceText(symbol, priceTicks, tickSize);
  switch (watch.phase.state) {
    case 'firing':
      if (before === 'no-data') return `${symbol}: data is back, the alert at ${level} still fires`;
      return CONDITIONS[kind].fires(toldOf(watch, level, value, priceText));
    case 'no-data':
      return `${symbol}: no data, the alert at ${level} cannot be watched`;
    case 'error':
      return `${symbol} now trades in steps of ${watch.misfit ?? '?'}, and ${level} is not a multiple of that: the alert is not watched, set a new price`;
    case 'normal':
    case 'pending':
    case 'recovering':
      if (before === 'error') return `${symbol}: the alert at ${level} is watched again`;
      if (before === 'no-data') return `${symbol}: data is back`;
      return CONDITIONS[kind].ends(toldOf(watch, level, value, priceText));
  }
}

/** A user's change to a rule, as an event of its log: the state does not change (P13e). */
export function ruleEvent(
  rule: AlertRule,
  change: 'made' | 'changed' | 'removed',
  {
    id,
    time,
    priceText,
  }: { readonly id: string; readonly time: number; readonly priceText: PriceFormatter },
): AlertEvent {
  const { symbol, kind, priceTicks, tickSize, ageMs, state } = rule;
  const bound =
    priceTicks === undefined ? seconds(ageMs ?? 0) : priceText(symbol, priceTicks, tickSize);
  return {
    id,
    ruleId: rule.id,
    time,
    symbol,
    state,
    previousState: state,
    message: `${symbol}: alert ${change}, ${CONDITIONS[kind].words} ${bound}`,
    value: null,
  };
}

function toldOf(
  { rule, crossed }: WatchState,
  level: string,
  value: number | null,
  priceText: PriceFormatter,
): Told {
  const { symbol, kind, forMs } = rule;
  const held = forMs > 0 ? ` for ${seconds(forMs)}` : '';
  if (!isOfPrice(kind)) return { symbol, level: seconds(value ?? 0), held, last: '', crossed };
  return { symbol, level, held, last: lastText(symbol, value, priceText), crossed };
}

function lastText(symbol: string, value: number | null, priceText: PriceFormatter): string {
  return value === null ? '' : ` (last ${priceText(symbol, value)})`;
}

/** `12.4 s`, `3 min 20 s`: one decimal below a minute, whole seconds above. */
function seconds(ms: number): string {
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms % 1_000 === 0 ? 0 : 1)} s`;
  const rest = Math.floor((ms % 60_000) / 1_000);
  const minutes = `${Math.floor(ms / 60_000)} min`;
  return rest === 0 ? minutes : `${minutes} ${rest} s`;
}
