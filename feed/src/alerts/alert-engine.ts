/*
 * Evaluates alert rules where the data is, so that no tab needs to be open.
 *
 *   trades --> rules of that symbol --\
 *   states, breaks, resets ------------> alertTransition --> events (said), states (kept)
 *   tick, every 500 ms: ages, holds --/
 *
 * Old data never fires a price: a symbol that is stale, cut off or was never heard is blind, its price rules are in
 * `no-data`, and its first sample afterwards is never a crossing.
 */
import { randomUUID } from 'node:crypto';

import type { Clock } from '@tapedeck/market/clock';
import type { MarketState, StateReason } from '@tapedeck/market/instrument';
import type { EpochMs } from '@tapedeck/market/level';
import type { AlertInput, AlertPatch, AlertRule } from '@tapedeck/market/wire/alert';
import type { AlertEvent, AlertState } from '@tapedeck/market/wire/event';

import { alertMessage, type PriceText } from './alert-message.ts';
import type { AlertStore } from './alert-store.ts';
import { type AlertSignal, alertTransition, isDue } from './alert-transition.ts';
import { AlertWatch } from './alert-watch.ts';

/** More rules than a person can follow; bounds memory and the work of a trade. */
export const MAX_RULES = 500;
/** A rule speaks of firing at most once in this time, and of missing data; what it kept to itself it counts. */
export const QUIET_MS = 10_000;
/** A symbol that nobody has heard of for so long after the start has no data. */
const PATIENCE_MS = 10_000;

export type AlertEngineOptions = {
  readonly clock: Clock;
  readonly store: AlertStore;
  /** Delivers and logs; called synchronously. */
  readonly onEvent: (event: AlertEvent) => void;
  readonly priceText: PriceText;
  /** When anything of a symbol was last received by this clock; without it only trades count as data. */
  readonly lastHeard?: ((symbol: string) => EpochMs | undefined) | undefined;
  /** The store could not keep a state; it is tried again with the next tick. */
  readonly onStoreError?: ((error: unknown) => void) | undefined;
  readonly newId?: (() => string) | undefined;
};

/** Why a rule was not made or changed, as a sentence for its author. */
export type AlertRefusal = { readonly refused: string };

/** What is known of a symbol, whether it has rules or not. */
type Sight = {
  state: MarketState | 'unknown';
  connected: boolean;
  tradedAt: EpochMs;
  /** Last price that may be compared with the next one. */
  last: number | undefined;
};

/** The feed's alert rules and their states. */
export class AlertEngine {
  readonly #options: AlertEngineOptions;
  readonly #startedAt: EpochMs;
  readonly #watches = new Map<string, AlertWatch>();
  readonly #bySymbol = new Map<string, Set<AlertWatch>>();
  readonly #symbols = new Map<string, Sight>();
  /** Rules whose state the store does not know yet: samples change states far more often than is worth a write. */
  readonly #unsaved = new Set<AlertWatch>();

  /** Loads the stored rules. One that was firing still is, and speaks again only after it has recovered. */
  constructor(options: AlertEngineOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
    for (const rule of options.store.list()) this.#watch(rule, rule.state);
  }

  /** All rules with their states as of now, oldest first. */
  list(): readonly AlertRule[] {
    return [...this.#watches.values()].map(({ rule }) => rule);
  }

  create(input: AlertInput): AlertRule | AlertRefusal {
    if (this.#watches.size >= MAX_RULES) {
      return { refused: `there are ${MAX_RULES} alert rules already, remove one first` };
    }
    const { priceTicks, ageMs, ...rest } = input;
    const own = input.kind === 'feed-age' ? { ageMs } : { priceTicks };
    const rule: AlertRule = {
      id: this.#newId(),
      ...rest,
      ...own,
      createdAt: this.#options.clock.now(),
      state: 'normal',
    };
    this.#options.store.insert(rule);
    const watch = this.#watch(rule, 'normal');
    this.#look(watch);
    return watch.rule;
  }

  /** Changes a rule; what changes its meaning starts it afresh. Undefined where there is none. */
  patch(id: string, patch: AlertPatch): AlertRule | AlertRefusal | undefined {
    const watch = this.#watches.get(id);
    if (watch === undefined) return undefined;
    const { kind } = watch.rule;
    if (kind === 'feed-age' && patch.priceTicks !== undefined) {
      return { refused: 'priceTicks does not belong to a feed-age alert' };
    }
    if (kind !== 'feed-age' && patch.ageMs !== undefined) {
      return { refused: `ageMs does not belong to a ${kind} alert` };
    }
    const { note: _note, ...meaning } = patch;
    const named = Object.fromEntries(
      Object.entries(patch).filter(([, value]) => value !== undefined),
    );
    this.#options.store.update(id, patch);
    watch.rule = { ...watch.rule, ...named };
    if (Object.values(meaning).some((value) => value !== undefined)) {
      watch.startOver();
      this.#signal(watch, 'reset', null);
      this.#look(watch);
      this.#save(watch);
    }
    return watch.rule;
  }

  /** False where there was none. */
  remove(id: string): boolean {
    const watch = this.#watches.get(id);
    if (watch === undefined) return false;
    this.#options.store.delete(id);
    this.#watches.delete(id);
    this.#unsaved.delete(watch);
    this.#bySymbol.get(watch.rule.symbol)?.delete(watch);
    return true;
  }

  /** A trade of `symbol`: work in proportion to the rules of that symbol. */
  trade(symbol: string, priceTicks: number, _eventTime: EpochMs): void {
    const known = this.#symbol(symbol);
    known.tradedAt = this.#options.clock.now();
    if (isBlind(known)) return;
    known.last = priceTicks;
    for (const watch of this.#of(symbol)) {
      if (!watch.rule.enabled) continue;
      // Never heard until now: that is over.
      if (watch.phase.state === 'no-data') this.#signal(watch, 'regained', priceTicks);
      for (const signal of watch.price(priceTicks)) this.#signal(watch, signal, priceTicks);
    }
  }

  /** The market's state changed. Only `stale` blinds: a halted market is known to stand still. */
  stateChanged(symbol: string, state: MarketState): void {
    const known = this.#symbol(symbol);
    const was = isBlind(known);
    known.state = state;
    // While a book is rebuilt trades may be missing.
    if (state === 'syncing') this.#forget(symbol, known);
    this.#sight(symbol, known, was);
  }

  /** The source of `symbol` is cut off. */
  disconnected(symbol: string): void {
    const known = this.#symbol(symbol);
    const was = isBlind(known);
    known.connected = false;
    this.#sight(symbol, known, was);
  }

  reconnected(symbol: string): void {
    const known = this.#symbol(symbol);
    const was = isBlind(known);
    known.connected = true;
    this.#forget(symbol, known);
    this.#sight(symbol, known, was);
  }

  /** A new epoch of the symbol. After a change of the tick size the rules' ticks mean another price: they stop. */
  reset(symbol: string, reason: StateReason): void {
    this.#forget(symbol, this.#symbol(symbol));
    if (reason !== 'tick-size') return;
    for (const watch of this.#of(symbol)) {
      if (watch.rule.enabled && watch.rule.kind !== 'feed-age') this.#signal(watch, 'failed', null);
    }
  }

  /** Judges ages and holding times; to be called about every 500 ms. */
  tick(now: EpochMs): void {
    for (const watch of this.#watches.values()) {
      const { rule } = watch;
      if (!rule.enabled) continue;
      const heardAt = this.#heardAt(rule.symbol);
      if (rule.kind === 'feed-age') {
        const age = Math.max(0, now - (heardAt ?? this.#startedAt));
        this.#signal(watch, age >= (rule.ageMs ?? Infinity) ? 'met' : 'unmet', age);
      } else {
        this.#tickPrice(watch, heardAt, now);
      }
      if (watch.owed !== undefined && now - watch.saidAt(watch.phase.state) >= QUIET_MS)
        this.#say(watch, watch.owed, now, watch.value);
    }
    for (const watch of this.#unsaved) this.#save(watch);
  }

  #tickPrice(watch: AlertWatch, heardAt: EpochMs | undefined, now: EpochMs): void {
    const known = this.#symbols.get(watch.rule.symbol);
    if (heardAt === undefined) {
      if (now - this.#startedAt >= PATIENCE_MS) this.#signal(watch, 'lost', null);
    } else if (watch.phase.state === 'no-data') {
      if (known === undefined || !isBlind(known)) this.#signal(watch, 'regained', null);
    } else {
      this.#settle(watch, now, known?.last ?? null);
    }
  }

  #watch(rule: AlertRule, state: AlertState): AlertWatch {
    const since = state === 'firing' ? (rule.firedAt ?? this.#startedAt) : this.#startedAt;
    // What was pending or blind when the feed stopped is judged anew; what fired must not fire again for that.
    const kept = !rule.enabled || state === 'firing' || state === 'recovering' || state === 'error';
    const phase = { state: kept ? state : 'normal', since } as const;
    const watch = new AlertWatch({ ...rule, state: phase.state }, phase);
    this.#watches.set(rule.id, watch);
    const group = this.#bySymbol.get(rule.symbol);
    if (group === undefined) this.#bySymbol.set(rule.symbol, new Set([watch]));
    else group.add(watch);
    return watch;
  }

  /** What a new or changed rule can know at once: where the price is, or that nothing is to be seen. */
  #look(watch: AlertWatch): void {
    const { symbol, kind, enabled } = watch.rule;
    const known = this.#symbols.get(symbol);
    if (!enabled || kind === 'feed-age' || known === undefined) return;
    if (isBlind(known)) this.#signal(watch, 'lost', null);
    else if (known.last !== undefined) watch.remember(known.last);
  }

  #signal(watch: AlertWatch, signal: AlertSignal, value: number | null): void {
    const now = this.#options.clock.now();
    const before = watch.phase.state;
    watch.phase = alertTransition(watch.phase, signal, now);
    if (watch.phase.state !== before) this.#changed(watch, before, now, value);
    this.#settle(watch, now, value);
  }

  #settle(watch: AlertWatch, now: EpochMs, value: number | null): void {
    const before = watch.phase.state;
    if (!isDue(watch.phase, watch.rule.forMs, now)) return;
    watch.phase = alertTransition(watch.phase, 'due', now);
    if (watch.phase.state !== before) this.#changed(watch, before, now, value);
  }

  #changed(watch: AlertWatch, before: AlertState, now: EpochMs, value: number | null): void {
    const { state } = watch.phase;
    watch.rule = { ...watch.rule, state };
    watch.owed = undefined;
    this.#unsaved.add(watch);
    // Back from recovering is the same episode: it was said.
    if (state === 'firing' && before !== 'recovering') {
      watch.rule = { ...watch.rule, firedAt: now, enabled: watch.rule.repeat === 'every' };
      // At once: a rule that fires once must not fire again after a crash.
      this.#save(watch);
      this.#sayOrOwe(watch, before, now, value);
    } else if (state === 'no-data') {
      this.#sayOrOwe(watch, before, now, value);
    } else if (state === 'error') {
      this.#say(watch, before, now, value);
    } else if (state === 'normal' && watch.open && isEpisode(watch, before)) {
      watch.open = false;
      this.#emit(watch, before, now, value);
    }
  }

  /** Says it, or, so soon after the last word of that kind, owes it: a tick says it if it is still so by then. */
  #sayOrOwe(watch: AlertWatch, before: AlertState, now: EpochMs, value: number | null): void {
    if (now - watch.saidAt(watch.phase.state) >= QUIET_MS)
      return this.#say(watch, before, now, value);
    if (watch.phase.state === 'firing') watch.unsaid += 1;
    watch.owed = before;
    watch.value = value;
  }

  #say(watch: AlertWatch, before: AlertState, now: EpochMs, value: number | null): void {
    watch.said(now);
    watch.open = true;
    // What is said now is not one of those that were not.
    if (watch.owed !== undefined && watch.phase.state === 'firing') watch.unsaid -= 1;
    watch.owed = undefined;
    this.#emit(watch, before, now, value);
    if (watch.phase.state === 'firing') watch.unsaid = 0;
  }

  #emit(watch: AlertWatch, before: AlertState, time: EpochMs, value: number | null): void {
    const { rule, unsaid } = watch;
    const more =
      unsaid > 0 && watch.phase.state === 'firing'
        ? `, and ${unsaid} more since the last word`
        : '';
    this.#options.onEvent({
      id: this.#newId(),
      ruleId: rule.id,
      time,
      symbol: rule.symbol,
      state: watch.phase.state,
      previousState: before,
      message: alertMessage(watch, before, value, this.#options.priceText) + more,
      value,
    });
  }

  #save(watch: AlertWatch): void {
    const { id, state, firedAt, enabled } = watch.rule;
    try {
      this.#options.store.setState(id, state, { firedAt, enabled });
      this.#unsaved.delete(watch);
    } catch (error) {
      // A full disk must not stop the market's data; the state waits for the next tick.
      this.#unsaved.add(watch);
      this.#options.onStoreError?.(error);
    }
  }

  /** Tells the price rules of a symbol that it went blind, or sees again. */
  #sight(symbol: string, known: Sight, was: boolean): void {
    const blind = isBlind(known);
    if (blind === was) return;
    this.#forget(symbol, known);
    for (const watch of this.#of(symbol)) {
      if (watch.rule.enabled && watch.rule.kind !== 'feed-age')
        this.#signal(watch, blind ? 'lost' : 'regained', null);
    }
  }

  #forget(symbol: string, known: Sight): void {
    known.last = undefined;
    for (const watch of this.#of(symbol)) watch.forget();
  }

  #heardAt(symbol: string): EpochMs | undefined {
    const known = this.#symbols.get(symbol);
    const heard = Math.max(this.#options.lastHeard?.(symbol) ?? 0, known?.tradedAt ?? 0);
    return heard === 0 ? undefined : heard;
  }

  #symbol(symbol: string): Sight {
    let known = this.#symbols.get(symbol);
    if (known === undefined) {
      known = { state: 'unknown', connected: true, tradedAt: 0, last: undefined };
      this.#symbols.set(symbol, known);
    }
    return known;
  }

  #of(symbol: string): Iterable<AlertWatch> {
    return this.#bySymbol.get(symbol) ?? [];
  }

  #newId(): string {
    return (this.#options.newId ?? randomUUID)();
  }
}

function isBlind(sight: Sight): boolean {
  return !sight.connected || sight.state === 'stale';
}

/** A crossing is a moment, so its end is no news; that data is back always is. */
function isEpisode(watch: AlertWatch, before: AlertState): boolean {
  return before === 'no-data' || !watch.rule.kind.startsWith('crosses');
}
