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

/** One rule being watched; only `AlertLife` passes events to it. */
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

  /** The market's step, if the price of this rule is not on it: then it cannot be watched. */
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
  /** The store could not save a state; the next `saveAll` tries again. */
  readonly onStoreError?: ((error: unknown) => void) | undefined;
};

/** Moves rules from state to state: changes are saved, and reported if they are news. */
export class AlertLife {
  readonly #options: AlertLifeOptions;
  /** Rules whose state is not saved yet: samples change states far more often than is worth a write. */
  readonly #unsaved = new Set<AlertWatch>();

  constructor(options: AlertLifeOptions) {
    this.#options = options;
  }

  /** Passes an event to a rule and carries out the resulting actions, in order. */
  step(watch: AlertWatch, event: WatchEvent, now = momentOf(this.#options.clock)): void {
    const actions = watch.step(event, now);
    // The case for almost every price.
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

  /** The rule was removed. */
  forget(watch: AlertWatch): void {
    this.#unsaved.delete(watch);
  }

  #save(watch: AlertWatch, { rule, phase }: WatchState): void {
    const { id, firedAt, enabled } = rule;
    // A blind rule has no state of its own to save: after a restart it is the same firing, not a new one (P13d).
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
    const rest = more > 0 ? `, and ${more} more since the last message` : '';
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
