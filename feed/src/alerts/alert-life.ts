import { type Clock, type Moment, momentOf } from '@tapedeck/market/clock';
import type { AlertState } from '@tapedeck/market/wire/event';

import { CONDITIONS } from './alert-conditions.ts';
import type { AlertStore } from './alert-store.ts';
import { type AlertSignal, alertTransition, isDue } from './alert-transition.ts';
import type { AlertVoice } from './alert-voice.ts';
import type { AlertWatch } from './alert-watch.ts';

export type AlertLifeOptions = {
  readonly clock: Clock;
  readonly store: AlertStore;
  readonly voice: AlertVoice;
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

  /** `value` is what decided: price ticks, or an age in ms. */
  signal(watch: AlertWatch, signal: AlertSignal, value: number | null): void {
    const now = momentOf(this.#options.clock);
    const before = watch.phase.state;
    watch.phase = alertTransition(watch.phase, signal, now.at);
    if (watch.phase.state !== before) this.#changed(watch, before, now, value);
    this.settle(watch, now, value);
  }

  /** A state that has been held long enough becomes the next one. */
  settle(watch: AlertWatch, now: Moment, value: number | null): void {
    const before = watch.phase.state;
    if (!isDue(watch.phase, watch.rule.forMs, now.at)) return;
    watch.phase = alertTransition(watch.phase, 'due', now.at);
    if (watch.phase.state !== before) this.#changed(watch, before, now, value);
  }

  save(watch: AlertWatch): void {
    const { id, firedAt, enabled } = watch.rule;
    // What is blind has no state of its own to keep: after a restart it is the same firing, and not a new one (P13d).
    const state = watch.phase.wasFiring === true ? 'firing' : watch.rule.state;
    try {
      this.#options.store.setState(id, state, { firedAt, enabled });
      this.#unsaved.delete(watch);
    } catch (error) {
      // A full disk must not stop the market's data; the state waits for the next tick.
      this.#unsaved.add(watch);
      this.#options.onStoreError?.(error);
    }
  }

  saveAll(): void {
    for (const watch of this.#unsaved) this.save(watch);
  }

  /** It was removed. */
  forget(watch: AlertWatch): void {
    this.#unsaved.delete(watch);
  }

  #changed(watch: AlertWatch, before: AlertState, now: Moment, value: number | null): void {
    const { voice } = this.#options;
    const { state } = watch.phase;
    watch.rule = { ...watch.rule, state };
    watch.owed = undefined;
    this.#unsaved.add(watch);
    // Back from recovering is the same episode: it was said.
    if (state === 'firing' && before === 'no-data') {
      voice.resume(watch, before, now, value);
    } else if (state === 'firing' && before !== 'recovering') {
      watch.rule = { ...watch.rule, firedAt: now.wall, enabled: watch.rule.repeat === 'every' };
      // At once: a rule that fires once must not fire again after a crash.
      this.save(watch);
      voice.sayOrOwe(watch, before, now, value);
    } else if (state === 'no-data') {
      voice.sayOrOwe(watch, before, now, value);
    } else if (state === 'error') {
      voice.say(watch, before, now, value);
    } else if (state === 'normal' && watch.open && isEpisode(watch, before)) {
      voice.end(watch, before, now, value);
    }
  }
}

/** A crossing is a moment, so its end is no news; that it is watched again always is. */
function isEpisode(watch: AlertWatch, before: AlertState): boolean {
  return before === 'no-data' || before === 'error' || !CONDITIONS[watch.rule.kind].isMoment;
}
