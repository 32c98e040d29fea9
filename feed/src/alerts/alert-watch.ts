import { LONG_AGO, type MonotonicMs } from '@tapedeck/market/clock';
import type { AlertRule } from '@tapedeck/market/wire/alert';
import type { AlertState } from '@tapedeck/market/wire/event';

import { CONDITIONS, isOfPrice } from './alert-conditions.ts';
import { type AlertPrice, ticksOn } from './alert-price.ts';
import type { AlertPhase, AlertSignal } from './alert-transition.ts';

const MET: readonly AlertSignal[] = ['met'];
const UNMET: readonly AlertSignal[] = ['unmet'];
/** Crossed back while waiting for `forMs`: one wait ends, another begins. */
const TURNED: readonly AlertSignal[] = ['unmet', 'met'];
const NOTHING: readonly AlertSignal[] = [];

/** One rule being watched: its phase, and what it must remember between samples. */
export class AlertWatch {
  rule: AlertRule;
  phase: AlertPhase;
  /** The market's step on which the price of this rule does not lie: it cannot be watched. */
  misfit: string | undefined;
  /** The direction of the last crossing, for the message. */
  crossed: 'up' | 'down' = 'up';
  /** It has spoken of firing or of missing data, and not yet of the end of that. */
  open = false;
  /** What it spoke of last is missing data. */
  saidBlind = false;
  /** Times it fired in silence since, because it had just spoken. */
  unsaid = 0;
  /** The state before the one that it still has to speak of, and the value that decided then. */
  owed: AlertState | undefined;
  value: number | null = null;
  /** When it last spoke of firing, of missing data, of an error: each has its own quiet time. */
  readonly #saidAt = new Map<AlertState, MonotonicMs>();
  /** The side of its price that the market was on last: a crossing needs a sample on each side. 0: not known. */
  #side: -1 | 0 | 1 = 0;
  /** What the rule says is this price on the grid that the market has now. */
  #meant: AlertPrice | undefined;

  constructor(rule: AlertRule, phase: AlertPhase) {
    this.rule = rule;
    this.phase = phase;
    this.#meant = priceOf(rule);
  }

  /** Its author changed it. */
  revise(rule: AlertRule): void {
    const { priceTicks, tickSize } = this.rule;
    this.rule = rule;
    if (rule.priceTicks === priceTicks && rule.tickSize === tickSize) return;
    this.#meant = priceOf(rule);
    this.misfit = undefined;
  }

  /**
   * The market counts in `tickSize` from here on. The price that its author meant stays, as often as the grid changes;
   * false where it lies between two ticks.
   */
  regrid(tickSize: string): boolean {
    const meant = this.#meant;
    if (meant === undefined) return true;
    this.forget();
    const priceTicks = ticksOn(meant, tickSize);
    this.misfit = priceTicks === undefined ? tickSize : undefined;
    const said = priceTicks === undefined ? meant : { priceTicks, tickSize };
    this.rule = { ...this.rule, ...said };
    // That of a rule of old is taken for the first one that the market is seen with.
    if (meant.tickSize === undefined) this.#meant = { ...meant, tickSize };
    return priceTicks !== undefined;
  }

  /** When it last spoke of `state`. */
  saidAt(state: AlertState): MonotonicMs {
    return this.#saidAt.get(state) ?? LONG_AGO;
  }

  /** It speaks of the state that it is in. */
  said(now: MonotonicMs): void {
    this.#saidAt.set(this.phase.state, now);
  }

  /** The rule means something else now: what it said and saw was another rule's. */
  startOver(): void {
    this.open = false;
    this.saidBlind = false;
    this.unsaid = 0;
    this.owed = undefined;
    this.#saidAt.clear();
    this.forget();
  }

  /** The next sample starts afresh: it is never a crossing. */
  forget(): void {
    this.#side = 0;
  }

  /** Takes the market's price as known before, without judging it. */
  remember(priceTicks: number): void {
    this.#side = sideOf(priceTicks, this.rule.priceTicks ?? 0);
  }

  /** What a price says about the rule: nothing, of one that is not about prices. */
  price(priceTicks: number): readonly AlertSignal[] {
    const { kind, priceTicks: bound } = this.rule;
    if (!isOfPrice(kind) || bound === undefined) return NOTHING;
    const side = sideOf(priceTicks, bound);
    // On the price itself it is on neither side: the side before still counts.
    const turn = side !== 0 && this.#side !== 0 && side !== this.#side ? side : 0;
    if (side !== 0) this.#side = side;
    const { isMoment, isMet } = CONDITIONS[kind];
    const met = isMet({ value: priceTicks, bound, turn });
    if (!isMoment) return met ? MET : UNMET;
    const pending = this.phase.state === 'pending';
    // A crossing is a moment. While it must hold it holds as long as the side; else it is over with the next sample.
    if (turn === 0) return pending ? NOTHING : UNMET;
    if (!met) return UNMET;
    this.crossed = turn > 0 ? 'up' : 'down';
    return pending ? TURNED : MET;
  }

  /** What the age of the market's newest data says about the rule, ms: nothing, of one that is about prices. */
  age(ageMs: number): readonly AlertSignal[] {
    const { kind, ageMs: bound = Infinity } = this.rule;
    if (isOfPrice(kind)) return NOTHING;
    return CONDITIONS[kind].isMet({ value: ageMs, bound, turn: 0 }) ? MET : UNMET;
  }
}

function priceOf({ priceTicks, tickSize }: AlertRule): AlertPrice | undefined {
  return priceTicks === undefined ? undefined : { priceTicks, tickSize };
}

function sideOf(priceTicks: number, level: number): -1 | 0 | 1 {
  return priceTicks === level ? 0 : priceTicks > level ? 1 : -1;
}
