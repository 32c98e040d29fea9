import { type Clock, type Moment, momentOf } from '@tapedeck/market/time/clock';
import type { AlertRule } from '@tapedeck/market/wire/alert';
import type { AlertEvent } from '@tapedeck/market/wire/event';

import { alertMessage } from './alert-message.ts';
import type { AlertRuleStore } from './alert-rule-store.ts';
import type { Utterance } from './alert-speech.ts';
import type { AlertPhase } from './alert-transition.ts';
import {
  beginWatch,
  stepWatch,
  type WatchAction,
  type WatchEvent,
  type WatchState,
} from './alert-watch.ts';
import type { PriceFormatter } from './price-formatter.ts';

/** One rule being watched: it is told what happens by `AlertLife` alone. */
export class AlertWatch {
  #state: WatchState;

  constructor(rule: AlertRule, phase: AlertPhase) {
    this.#state = beginWatch(rule, phase);
  }

  get rule(): AlertRule {
    return this.#state.rule;
  }

  get phase(): AlertPhase {
    return this.#state.phase;
  }

  /** The market's step on which the price of this rule does not lie: it cannot be watched. */
  get misfit(): string | undefined {
    return this.#state.misfit;
  }

  get state(): WatchState {
    return this.#state;
  }

  step(event: WatchEvent, now: Moment): readonly WatchAction[] {
    const { state, actions } = stepWatch(this.#state, event, now);
    this.#state = state;
    return actions;
  }
}

export type AlertLifeOptions = {
  readonly clock: Clock;
  readonly store: AlertRuleStore;
  readonly onEvent: (event: AlertEvent) => void;
  readonly priceText: PriceFormatter;
  readonly newId: () => string;
  /** The store could not keep a state; it is tried again with the next `saveAll`. */
  readonly onStoreError?: ((error: unknown) => void) | undefined;
};

/** Takes rules from state to state: what changed is kept, and said where it is news. */
export class AlertLife {
  readonly #options: AlertLifeOptions;
  /** Rules whose state the store does not know yet: samples change states far more often than is worth a write. */
  readonly #unsaved = new Set<AlertWatch>();

  constructor(options: AlertLifeOptions) {
    this.#options = options;
  }

  /** A rule is told what happened, and what it asks for is done, in that order. */
  step(watch: AlertWatch, event: WatchEvent, now = momentOf(this.#options.clock)): void {
    const actions = watch.step(event, now);
    // So it is with almost every price.
    if (actions.length === 0) return;
    for (const action of actions) {
      if (action.type === 'keep') this.#unsaved.add(watch);
      else if (action.type === 'save') this.#save(watch, action.watch);
      else this.#emit(action.watch, action.utterance, now);
    }
  }

  save(watch: AlertWatch): void {
    this.#save(watch, watch.state);
  }

  saveAll(): void {
    for (const watch of this.#unsaved) this.save(watch);
  }

  /** It was removed. */
  forget(watch: AlertWatch): void {
    this.#unsaved.delete(watch);
  }

  #save(watch: AlertWatch, { rule, phase }: WatchState): void {
    const { id, firedAt, enabled } = rule;
    // What is blind has no state of its own to keep: after a restart it is the same firing, and not a new one (P13d).
    const state = phase.wasFiring === true ? 'firing' : rule.state;
    try {
      this.#options.store.setState(id, state, { firedAt, enabled });
      this.#unsaved.delete(watch);
    } catch (error) {
      // A full disk must not stop the market's data; the state waits for the next tick.
      this.#unsaved.add(watch);
      this.#options.onStoreError?.(error);
    }
  }

  #emit(watch: WatchState, { before, value, more }: Utterance, { wall: time }: Moment): void {
    const { rule, phase } = watch;
    const { onEvent, priceText, newId } = this.#options;
    const rest = more > 0 ? `, and ${more} more since the last word` : '';
    onEvent({
      id: newId(),
      ruleId: rule.id,
      time,
      symbol: rule.symbol,
      state: phase.state,
      previousState: before,
      message: alertMessage(watch, before, value, priceText) + rest,
      value,
    });
  }
}
