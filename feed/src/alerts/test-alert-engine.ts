import { DecimalScale } from '@tapedeck/market/number/decimal';
import { ManualClock, type MonotonicMs } from '@tapedeck/market/time/clock';
import { alertInputSchema, type AlertPatch, type AlertRule } from '@tapedeck/market/wire/alert';
import { alertEventSchema, type AlertEvent } from '@tapedeck/market/wire/event';

import { AlertEngine } from './alert-engine.ts';
import type { AlertRefusal } from './alert-price.ts';
import type { AlertRuleStore } from './alert-rule-store.ts';

export const BTC = 'BTC-USD@sim';
export const LEVEL = 670_125;

/** Rules in a map, as the history keeps them in a table; for tests. */
class MemoryStore implements AlertRuleStore {
  readonly rules = new Map<string, AlertRule>();
  full = false;

  list(): readonly AlertRule[] {
    return [...this.rules.values()];
  }

  insert(rule: AlertRule): void {
    this.rules.set(rule.id, rule);
  }

  update(id: string, patch: AlertPatch): void {
    const rule = this.rules.get(id);
    const named = Object.entries(patch).filter(([, value]) => value !== undefined);
    if (rule !== undefined) this.rules.set(id, { ...rule, ...Object.fromEntries(named) });
  }

  setState(
    id: string,
    state: AlertRule['state'],
    change: { firedAt?: number | undefined; enabled?: boolean | undefined } = {},
  ): void {
    if (this.full) throw new Error('database or disk is full');
    const rule = this.rules.get(id);
    if (rule === undefined) return;
    const { firedAt = rule.firedAt, enabled = rule.enabled } = change;
    this.rules.set(id, { ...rule, state, enabled, ...(firedAt === undefined ? {} : { firedAt }) });
  }

  delete(id: string): boolean {
    return this.rules.delete(id);
  }
}

/** An alert engine with everything around it, ticking by its own clock; for tests. */
export class TestAlertEngine {
  readonly clock = new ManualClock();
  readonly events: AlertEvent[] = [];
  readonly store = new MemoryStore();
  readonly errors: unknown[] = [];
  readonly engine: AlertEngine;
  heardAt: MonotonicMs | undefined;
  /** The market's tick size; `grid` changes it. */
  tickSize = '0.1';
  #ids = 0;

  /** @param kept where rules are stored instead of in its own `store`. */
  constructor(kept?: AlertRuleStore) {
    const grouped = new Intl.NumberFormat('en', { minimumFractionDigits: 1 });
    this.engine = new AlertEngine({
      clock: this.clock,
      store: kept ?? this.store,
      onEvent: (event) => this.events.push(alertEventSchema.parse(event)),
      priceText: (_, ticks, tickSize = this.tickSize) =>
        grouped.format(Number(new DecimalScale(tickSize).toText(ticks))),
      lastHeard: () => this.heardAt,
      onStoreError: (error) => this.errors.push(error),
      newId: () => `id${(this.#ids += 1)}`,
    });
    this.engine.grid(BTC, this.tickSize);
    this.clock.every(500, () => this.engine.tick());
  }

  rule(input: Record<string, unknown>): AlertRule {
    return made(this.engine.create(alertInputSchema.parse({ symbol: BTC, ...input })));
  }

  /** The market changes its grid, as reported by a real engine. */
  grid(tickSize: string): void {
    this.tickSize = tickSize;
    this.engine.grid(BTC, tickSize);
    this.engine.reset(BTC);
  }

  /** Trades at these prices, 100 ms apart. */
  trades(...prices: number[]): void {
    for (const price of prices) {
      this.clock.advance(100);
      this.heardAt = this.clock.monotonic();
      this.engine.trade(BTC, price, this.clock.now());
    }
  }

  said(): string[] {
    return this.events.splice(0).map(({ state, message }) => `${state}: ${message}`);
  }

  state(id: string): string | undefined {
    return this.engine.list().find((rule) => rule.id === id)?.state;
  }
}

/** The rule; fails the test if it was refused. */
export function made(result: AlertRule | AlertRefusal | undefined): AlertRule {
  if (result === undefined || 'refused' in result) throw new Error(`refused: ${result?.refused}`);
  return result;
}
