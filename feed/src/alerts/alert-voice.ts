import type { Moment } from '@tapedeck/market/clock';
import type { AlertEvent, AlertState } from '@tapedeck/market/wire/event';

import { alertMessage } from './alert-message.ts';
import type { AlertWatch } from './alert-watch.ts';
import type { PriceText } from './price-text.ts';

/** A rule speaks of firing at most once in this time, and of missing data; what it kept to itself it counts. */
export const QUIET_MS = 10_000;

/** What rules say of their changes of state, and what they keep to themselves for a while. */
export class AlertVoice {
  readonly #options: {
    readonly onEvent: (event: AlertEvent) => void;
    readonly priceText: PriceText;
    readonly newId: () => string;
  };

  constructor(options: {
    readonly onEvent: (event: AlertEvent) => void;
    readonly priceText: PriceText;
    readonly newId: () => string;
  }) {
    this.#options = options;
  }

  /** Says it, or, so soon after the last word of that kind, owes it: a tick says it if it is still so by then. */
  sayOrOwe(watch: AlertWatch, before: AlertState, now: Moment, value: number | null): void {
    if (now.at - watch.saidAt(watch.phase.state) >= QUIET_MS)
      return this.say(watch, before, now, value);
    if (watch.phase.state === 'firing') watch.unsaid += 1;
    watch.owed = before;
    watch.value = value;
  }

  /** What was owed, once its quiet time is over. */
  sayOwed(watch: AlertWatch, now: Moment): void {
    if (watch.owed !== undefined && now.at - watch.saidAt(watch.phase.state) >= QUIET_MS)
      this.say(watch, watch.owed, now, watch.value);
  }

  say(watch: AlertWatch, before: AlertState, now: Moment, value: number | null): void {
    watch.said(now.at);
    watch.open = true;
    watch.saidBlind = watch.phase.state === 'no-data';
    // What is said now is not one of those that were not.
    if (watch.owed !== undefined && watch.phase.state === 'firing') watch.unsaid -= 1;
    watch.owed = undefined;
    this.#emit(watch, before, now, value);
    if (watch.phase.state === 'firing') watch.unsaid = 0;
  }

  /** The data is back and it fires as before: news only to whoever was told that it could not be watched. */
  resume(watch: AlertWatch, before: AlertState, now: Moment, value: number | null): void {
    if (!watch.saidBlind) return;
    watch.saidBlind = false;
    this.#emit(watch, before, now, value);
  }

  /** The end of what was said. */
  end(watch: AlertWatch, before: AlertState, now: Moment, value: number | null): void {
    watch.open = false;
    watch.saidBlind = false;
    this.#emit(watch, before, now, value);
  }

  #emit(watch: AlertWatch, before: AlertState, { wall: time }: Moment, value: number | null): void {
    const { rule, unsaid } = watch;
    const { onEvent, priceText, newId } = this.#options;
    const more =
      unsaid > 0 && watch.phase.state === 'firing'
        ? `, and ${unsaid} more since the last word`
        : '';
    onEvent({
      id: newId(),
      ruleId: rule.id,
      time,
      symbol: rule.symbol,
      state: watch.phase.state,
      previousState: before,
      message: alertMessage(watch, before, value, priceText) + more,
      value,
    });
  }
}
