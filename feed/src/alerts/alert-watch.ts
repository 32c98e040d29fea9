/*
 * One rule being watched, as data: an immutable state, and a step that takes an event of the market or a change of
 * the rule and returns what must be saved and reported. The phases are those of `alert-transition.ts`, the messages
 * those of `alert-speech.ts`.
 */
import type { Moment } from '@tapedeck/market/time/clock';
import type { AlertRule } from '@tapedeck/market/wire/alert';
import type { AlertState } from '@tapedeck/market/wire/event';

import { CONDITIONS, isOfPrice } from './alert-conditions.ts';
import { type AlertPrice, ticksOn } from './alert-price.ts';
import {
  newsOf,
  SILENT,
  speakOfChange,
  speakOwed,
  type Speech,
  type Utterance,
} from './alert-speech.ts';
import { type AlertPhase, type AlertSignal, alertTransition, isDue } from './alert-transition.ts';

export type WatchState = {
  /** Its state is that of the phase; its price is in the market's ticks, if it is on the market's grid. */
  readonly rule: AlertRule;
  readonly phase: AlertPhase;
  /** The market's step, if the price of this rule is not on it: then it cannot be watched. */
  readonly misfit: string | undefined;
  /** The price that its author meant, whatever the market's grid. */
  readonly meant: AlertPrice | undefined;
  /** The side of its price on which the market was last: a crossing needs a sample on each side. 0: unknown. */
  readonly side: -1 | 0 | 1;
  /** The direction of the last crossing, for the message. */
  readonly crossed: 'up' | 'down';
  readonly speech: Speech;
};

/** `value` is what decided: price ticks, or an age in ms. */
export type WatchEvent =
  | { readonly type: 'signal'; readonly signal: AlertSignal; readonly value: number | null }
  /** A price of its market, in ticks; ignored by rules that are not about prices. */
  | { readonly type: 'price'; readonly priceTicks: number }
  /** The age of its market's newest data, ms; ignored by rules about prices. */
  | { readonly type: 'age'; readonly ageMs: number }
  /** Time passed, and its market has data: a state held long enough becomes the next one. */
  | { readonly type: 'held'; readonly value: number | null }
  /** Time passed: what is owed is reported. */
  | { readonly type: 'tick' }
  /** The market's current price, without being judged. */
  | { readonly type: 'known'; readonly priceTicks: number }
  /** The next sample starts over: it is never a crossing. */
  | { readonly type: 'unknown' }
  /** The market's tick size is `tickSize` from here on. */
  | { readonly type: 'grid'; readonly tickSize: string }
  /** Its author changed it. */
  | { readonly type: 'revised'; readonly rule: AlertRule }
  /** Its meaning changed: what it reported and saw no longer applies. */
  | { readonly type: 'begun-anew' };

/**
 * In order, each with the time it belongs to. `keep`: save at the next chance; `save`: save before anything is
 * reported.
 */
export type WatchAction =
  | { readonly type: 'keep' }
  | { readonly type: 'save'; readonly watch: WatchState }
  | { readonly type: 'say'; readonly watch: WatchState; readonly utterance: Utterance };

export type WatchStep = { readonly state: WatchState; readonly actions: readonly WatchAction[] };

const NOTHING: readonly WatchAction[] = [];

export function beginWatch(rule: AlertRule, phase: AlertPhase): WatchState {
  const meant = priceOf(rule);
  return { rule, phase, misfit: undefined, meant, side: 0, crossed: 'up', speech: SILENT };
}

/** The state after `event` at `now`, and the actions to take. Total: any event may come in any state. */
export function stepWatch(state: WatchState, event: WatchEvent, now: Moment): WatchStep {
  switch (event.type) {
    case 'signal':
      return signal(state, event.signal, event.value, now);
    case 'price':
      return price(state, event.priceTicks, now);
    case 'age':
      return age(state, event.ageMs, now);
    case 'held':
      return settle(state, event.value, now);
    case 'tick':
      return tick(state, now);
    case 'known':
      return stay({ ...state, side: sideOf(event.priceTicks, state.rule.priceTicks ?? 0) });
    case 'unknown':
      return stay(state.side === 0 ? state : { ...state, side: 0 });
    case 'grid':
      return stay(regrid(state, event.tickSize));
    case 'revised':
      return stay(revise(state, event.rule));
    case 'begun-anew':
      return stay({ ...state, side: 0, speech: SILENT });
  }
}

function signal(
  state: WatchState,
  given: AlertSignal,
  value: number | null,
  now: Moment,
): WatchStep {
  const phase = alertTransition(state.phase, given, now.at);
  if (phase === state.phase) return settle(state, value, now);
  const step = changed(state, phase, value, now);
  return after(step, settle(step.state, value, now));
}

/** A state held long enough becomes the next one. */
function settle(state: WatchState, value: number | null, now: Moment): WatchStep {
  if (!isDue(state.phase, state.rule.forMs, now.at)) return stay(state);
  return changed(state, alertTransition(state.phase, 'due', now.at), value, now);
}

function changed(
  before: WatchState,
  phase: AlertPhase,
  value: number | null,
  now: Moment,
): WatchStep {
  const from = before.phase.state;
  const to = phase.state;
  const isNew = newsOf(from, to) === 'fired';
  const { isMoment } = CONDITIONS[before.rule.kind];
  const { speech, says } = speakOfChange(before.speech, { from, to, isMoment, value }, now.at);
  const rule = isNew ? fired(before.rule, now) : { ...before.rule, state: to };
  const state: WatchState = { ...before, rule, phase, speech };
  const actions: WatchAction[] = [{ type: 'keep' }];
  // At once: a rule that fires once must not fire again after a crash.
  if (isNew) actions.push({ type: 'save', watch: state });
  if (says !== undefined) actions.push({ type: 'say', watch: state, utterance: says });
  return { state, actions };
}

function fired(rule: AlertRule, { wall }: Moment): AlertRule {
  const state: AlertState = 'firing';
  return { ...rule, state, firedAt: wall, enabled: rule.repeat === 'every' };
}

function price(before: WatchState, priceTicks: number, now: Moment): WatchStep {
  const { kind, priceTicks: bound } = before.rule;
  if (!isOfPrice(kind) || bound === undefined) return stay(before);
  const side = sideOf(priceTicks, bound);
  // At the price itself it is on neither side: the previous side still counts.
  const turn = side !== 0 && before.side !== 0 && side !== before.side ? side : 0;
  const { isMoment, isMet } = CONDITIONS[kind];
  const met = isMet(priceTicks, bound, turn);
  const seen = side === 0 || side === before.side ? before : { ...before, side };
  if (!isMoment) return signal(seen, met ? 'met' : 'unmet', priceTicks, now);
  const isPending = before.phase.state === 'pending';
  // A crossing is a moment. With a holding time it holds as long as the side; otherwise the next sample ends it.
  if (turn === 0) return isPending ? stay(seen) : signal(seen, 'unmet', priceTicks, now);
  if (!met) return signal(seen, 'unmet', priceTicks, now);
  const turned: WatchState = { ...seen, crossed: turn > 0 ? 'up' : 'down' };
  if (!isPending) return signal(turned, 'met', priceTicks, now);
  // Crossed back while waiting for `forMs`: one wait ends, another begins.
  const step = signal(turned, 'unmet', priceTicks, now);
  return after(step, signal(step.state, 'met', priceTicks, now));
}

function age(state: WatchState, ageMs: number, now: Moment): WatchStep {
  const { kind, ageMs: bound = Infinity } = state.rule;
  if (isOfPrice(kind)) return stay(state);
  const met = CONDITIONS[kind].isMet(ageMs, bound, 0);
  return signal(state, met ? 'met' : 'unmet', ageMs, now);
}

function tick(state: WatchState, now: Moment): WatchStep {
  const { speech, says } = speakOwed(state.speech, state.phase.state, now.at);
  if (says === undefined) return stay(state);
  const next = { ...state, speech };
  return { state: next, actions: [{ type: 'say', watch: next, utterance: says }] };
}

/** The price that its author meant stays, however often the grid changes; it may be between two ticks. */
function regrid(state: WatchState, tickSize: string): WatchState {
  const { meant } = state;
  if (meant === undefined) return state;
  const priceTicks = ticksOn(meant, tickSize);
  const said = priceTicks === undefined ? meant : { priceTicks, tickSize };
  return {
    ...state,
    side: 0,
    misfit: priceTicks === undefined ? tickSize : undefined,
    rule: { ...state.rule, ...said },
    // An old rule's price is assumed to be on the first grid that its market has.
    meant: meant.tickSize === undefined ? { ...meant, tickSize } : meant,
  };
}

function revise(state: WatchState, rule: AlertRule): WatchState {
  const { priceTicks, tickSize } = state.rule;
  if (rule.priceTicks === priceTicks && rule.tickSize === tickSize) return { ...state, rule };
  return { ...state, rule, meant: priceOf(rule), misfit: undefined };
}

function after(first: WatchStep, next: WatchStep): WatchStep {
  if (first.actions.length === 0) return next;
  if (next.actions.length === 0) return { state: next.state, actions: first.actions };
  return { state: next.state, actions: [...first.actions, ...next.actions] };
}

function stay(state: WatchState): WatchStep {
  return { state, actions: NOTHING };
}

function priceOf({ priceTicks, tickSize }: AlertRule): AlertPrice | undefined {
  return priceTicks === undefined ? undefined : { priceTicks, tickSize };
}

function sideOf(priceTicks: number, level: number): -1 | 0 | 1 {
  return priceTicks === level ? 0 : priceTicks > level ? 1 : -1;
}
