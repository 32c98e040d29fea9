/*
 * Evaluates alert rules where the data is, so that no tab needs to be open.
 *
 *   trades --> rules of that symbol --\
 *   states, breaks, resets ------------> alertTransition --> events (reported), states (saved)
 *   tick, every 500 ms: ages, holds --/
 *
 * Old data never fires a price rule: a symbol that is stale, disconnected or without data is blind, its price rules
 * are in `no-data`, and its first sample afterwards is never a crossing.
 */
import { randomUUID } from 'node:crypto';

import type { MarketState } from '@tapedeck/market/instrument/instrument';
import type { EpochMs } from '@tapedeck/market/number/level';
import {
  type Clock,
  LONG_AGO,
  type Moment,
  type MonotonicMs,
  momentOf,
} from '@tapedeck/market/time/clock';
import type { AlertInput, AlertPatch, AlertRule } from '@tapedeck/market/wire/alert';
import { ALERT_BOUNDS } from '@tapedeck/market/wire/alert-kind';
import type { AlertEvent, AlertState } from '@tapedeck/market/wire/event';

import { isOfPrice } from './alert-conditions.ts';
import { AlertLife, AlertWatch } from './alert-life.ts';
import { type AlertPrice, type AlertRefusal, meantPrice } from './alert-price.ts';
import type { AlertRuleStore } from './alert-rule-store.ts';
import type { AlertSignal } from './alert-transition.ts';
import { MarketSight } from './market-sight.ts';
import type { PriceFormatter } from './price-formatter.ts';

/** More rules than a person can follow; bounds memory and the work per trade. */
export const MAX_RULES = 500;
/** A symbol without any data for this long after the start is no-data. */
const PATIENCE_MS = 10_000;

export type AlertEngineOptions = {
  readonly clock: Clock;
  readonly store: AlertRuleStore;
  /** Delivers and logs; called synchronously. */
  readonly onEvent: (event: AlertEvent) => void;
  readonly priceText: PriceFormatter;
  /** When anything of a symbol was last received by this clock; without it only trades count as data. */
  readonly lastHeard?: ((symbol: string) => MonotonicMs | undefined) | undefined;
  /** The store could not save a state; the next tick tries again. */
  readonly onStoreError?: ((error: unknown) => void) | undefined;
  readonly newId?: (() => string) | undefined;
};

/** The feed's alert rules and their states. */
export class AlertEngine {
  readonly #options: AlertEngineOptions;
  readonly #startedAt: MonotonicMs;
  readonly #life: AlertLife;
  readonly #watches = new Map<string, AlertWatch>();
  readonly #bySymbol = new Map<string, Set<AlertWatch>>();
  readonly #symbols = new Map<string, MarketSight>();

  /** Loads the stored rules. One that was firing still is, and reports again only after it has recovered. */
  constructor(options: AlertEngineOptions) {
    this.#options = options;
    const { clock, store, onEvent, onStoreError, priceText } = options;
    this.#startedAt = clock.monotonic();
    const newId = (): string => this.#newId();
    this.#life = new AlertLife({ clock, store, onEvent, priceText, newId, onStoreError });
    for (const rule of store.list()) this.#watch(rule, rule.state);
  }

  /** All rules with their current states, oldest first. */
  list(): readonly AlertRule[] {
    return [...this.#watches.values()].map(({ rule }) => rule);
  }

  create(input: AlertInput): AlertRule | AlertRefusal {
    if (this.#watches.size >= MAX_RULES) {
      return { refused: `there are ${MAX_RULES} alert rules already, remove one first` };
    }
    const { priceTicks, tickSize: _, ageMs, ...rest } = input;
    const price = this.#price(input.symbol, input);
    if (price !== undefined && 'refused' in price) return price;
    const own = isOfPrice(input.kind) ? { priceTicks, ...gridOf(price) } : { ageMs };
    const rule: AlertRule = {
      id: this.#newId(),
      ...rest,
      ...own,
      createdAt: this.#options.clock.now(),
      state: 'normal',
    };
    this.#options.store.insert(rule);
    const watch = this.#watch(rule, 'normal');
    this.#fit(watch);
    this.#look(watch);
    return watch.rule;
  }

  /** Changes a rule; a change of meaning restarts it. Undefined if there is no such rule. */
  patch(id: string, patch: AlertPatch): AlertRule | AlertRefusal | undefined {
    const watch = this.#watches.get(id);
    if (watch === undefined) return undefined;
    const { kind } = watch.rule;
    for (const field of new Set(Object.values(ALERT_BOUNDS)))
      if (field !== ALERT_BOUNDS[kind] && patch[field] !== undefined)
        return { refused: `${field} does not belong to a ${kind} alert` };
    const price = this.#price(watch.rule.symbol, patch);
    if (price !== undefined && 'refused' in price) return price;
    const { note: _note, ...meaning } = patch;
    const change: AlertPatch = { ...patch, ...gridOf(price) };
    const named = Object.fromEntries(
      Object.entries(change).filter(([, value]) => value !== undefined),
    );
    this.#options.store.update(id, change);
    this.#life.step(watch, { type: 'revised', rule: { ...watch.rule, ...named } });
    if (Object.values(meaning).some((value) => value !== undefined)) {
      this.#life.step(watch, { type: 'begun-anew' });
      this.#fit(watch);
      this.#signal(watch, 'reset', null);
      this.#look(watch);
      this.#life.save(watch);
    }
    return watch.rule;
  }

  /** False if there is no such rule. */
  remove(id: string): boolean {
    const watch = this.#watches.get(id);
    if (watch === undefined) return false;
    this.#options.store.delete(id);
    this.#watches.delete(id);
    this.#life.forget(watch);
    this.#bySymbol.get(watch.rule.symbol)?.delete(watch);
    return true;
  }

  /** A trade of `symbol`: costs in proportion to the rules of that symbol. */
  trade(symbol: string, priceTicks: number, _eventTime: EpochMs): void {
    const known = this.#symbol(symbol);
    const now = momentOf(this.#options.clock);
    known.tradedAt = now.at;
    if (known.isBlind) return;
    known.last = priceTicks;
    const price = { type: 'price', priceTicks } as const;
    for (const watch of this.#of(symbol)) {
      if (!watch.rule.enabled) continue;
      // This is the symbol's first data.
      if (watch.phase.state === 'no-data') this.#signal(watch, 'regained', priceTicks);
      this.#life.step(watch, price, now);
    }
  }

  /** The market's state changed. */
  stateChanged(symbol: string, state: MarketState): void {
    const known = this.#symbol(symbol);
    const was = known.isBlind;
    known.state = state;
    // While a book is rebuilt trades may be missing.
    if (state === 'syncing') this.#forget(symbol, known);
    this.#sight(symbol, known, was);
  }

  /** The source of `symbol` is disconnected. */
  disconnected(symbol: string): void {
    const known = this.#symbol(symbol);
    const was = known.isBlind;
    known.isConnected = false;
    this.#sight(symbol, known, was);
  }

  reconnected(symbol: string): void {
    const known = this.#symbol(symbol);
    const was = known.isBlind;
    known.isConnected = true;
    this.#forget(symbol, known);
    this.#sight(symbol, known, was);
  }

  /** A new epoch of the symbol. */
  reset(symbol: string): void {
    this.#forget(symbol, this.#symbol(symbol));
  }

  /**
   * From here on the prices of `symbol` are in steps of `tickSize`; called before the first of them. Each rule keeps
   * the price it was made for; if that price is not on the grid, the rule is in error until it is, or gets another
   * price.
   */
  grid(symbol: string, tickSize: string): void {
    const known = this.#symbol(symbol);
    if (known.tickSize === tickSize) return;
    known.tickSize = tickSize;
    this.#forget(symbol, known);
    for (const watch of this.#of(symbol)) {
      const { state } = watch.phase;
      // Why an old rule was stopped is unknown.
      if (state === 'error' && watch.rule.tickSize === undefined) continue;
      this.#fit(watch);
      if (!watch.rule.enabled || (state === 'error') === (watch.misfit !== undefined)) continue;
      this.#signal(watch, watch.misfit === undefined ? 'reset' : 'failed', null);
      this.#look(watch);
    }
  }

  /** Judges ages and holding times; call it about every 500 ms. */
  tick(): void {
    const now = momentOf(this.#options.clock);
    for (const watch of this.#watches.values()) {
      const { rule } = watch;
      if (!rule.enabled) continue;
      const heardAt = this.#heardAt(rule.symbol);
      if (isOfPrice(rule.kind)) this.#tickPrice(watch, heardAt, now);
      else {
        const age = Math.max(0, Math.floor(now.at - (heardAt ?? this.#startedAt)));
        this.#life.step(watch, { type: 'age', ageMs: age });
      }
      this.#life.step(watch, { type: 'tick' });
    }
    this.#life.saveAll();
  }

  #tickPrice(watch: AlertWatch, heardAt: MonotonicMs | undefined, now: Moment): void {
    const known = this.#symbols.get(watch.rule.symbol);
    if (heardAt === undefined) {
      if (now.at - this.#startedAt >= PATIENCE_MS) this.#signal(watch, 'lost', null);
    } else if (watch.phase.state === 'no-data') {
      if (known === undefined || !known.isBlind) this.#signal(watch, 'regained', null);
    } else {
      this.#life.step(watch, { type: 'held', value: known?.last ?? null });
    }
  }

  #watch(rule: AlertRule, state: AlertState): AlertWatch {
    const since = this.#startedAt;
    // A rule that was pending or blind when the feed stopped is judged again; a firing one must not fire again for
    // that.
    const kept = !rule.enabled || state === 'firing' || state === 'recovering' || state === 'error';
    const phase = { state: kept ? state : 'normal', since } as const;
    const watch = new AlertWatch({ ...rule, state: phase.state }, phase);
    this.#watches.set(rule.id, watch);
    const group = this.#bySymbol.get(rule.symbol);
    if (group === undefined) this.#bySymbol.set(rule.symbol, new Set([watch]));
    else group.add(watch);
    return watch;
  }

  /** The rule in the market's ticks. The store keeps its author's ticks, so that changes of grid cannot shift it. */
  #fit(watch: AlertWatch): void {
    const { id, symbol, priceTicks, tickSize } = watch.rule;
    const step = this.#symbols.get(symbol)?.tickSize;
    if (step === undefined || priceTicks === undefined) return;
    this.#life.step(watch, { type: 'grid', tickSize: step });
    if (tickSize !== undefined) return;
    try {
      this.#options.store.update(id, { tickSize: step });
    } catch (error) {
      // The next start will again assume its market's grid.
      this.#options.onStoreError?.(error);
    }
  }

  #price(symbol: string, given: AlertPatch): AlertPrice | AlertRefusal | undefined {
    const step = this.#symbols.get(symbol)?.tickSize;
    const { priceText } = this.#options;
    return meantPrice(given, symbol, step, priceText);
  }

  /** The initial state of a new or changed rule: the current price, or no data. */
  #look(watch: AlertWatch): void {
    const { symbol, kind, enabled } = watch.rule;
    const known = this.#symbols.get(symbol);
    if (!enabled || !isOfPrice(kind) || known === undefined) return;
    if (watch.misfit !== undefined) this.#signal(watch, 'failed', null);
    else if (known.isBlind) this.#signal(watch, 'lost', null);
    else if (known.last !== undefined)
      this.#life.step(watch, { type: 'known', priceTicks: known.last });
  }

  /** Notifies the price rules of a symbol that its data was lost, or is back. */
  #sight(symbol: string, known: MarketSight, was: boolean): void {
    const blind = known.isBlind;
    if (blind === was) return;
    this.#forget(symbol, known);
    for (const watch of this.#of(symbol)) {
      if (watch.rule.enabled && isOfPrice(watch.rule.kind))
        this.#signal(watch, blind ? 'lost' : 'regained', null);
    }
  }

  #signal(watch: AlertWatch, signal: AlertSignal, value: number | null): void {
    this.#life.step(watch, { type: 'signal', signal, value });
  }

  #forget(symbol: string, known: MarketSight): void {
    known.last = undefined;
    for (const watch of this.#of(symbol)) this.#life.step(watch, { type: 'unknown' });
  }

  #heardAt(symbol: string): MonotonicMs | undefined {
    const known = this.#symbols.get(symbol);
    const heard = this.#options.lastHeard?.(symbol) ?? LONG_AGO;
    const traded = known?.tradedAt ?? LONG_AGO;
    const at = traded > heard ? traded : heard;
    return at === LONG_AGO ? undefined : at;
  }

  #symbol(symbol: string): MarketSight {
    let known = this.#symbols.get(symbol);
    if (known === undefined) {
      known = new MarketSight();
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

function gridOf(price: AlertPrice | undefined): { readonly tickSize?: string } {
  return price?.tickSize === undefined ? {} : { tickSize: price.tickSize };
}
