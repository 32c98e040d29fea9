/*
 * The worker's end of one page's port:
 *
 *   waiting (its messages are kept) ──start──▶ attached ──stop, or its Web Lock is free──▶ ended
 *                                                 └──no sign of life for minutes──▶ given up ──message──▶ `gone`
 */
import { type Cancel, type Clock, LONG_AGO, type MonotonicMs } from '@tapedeck/market/time/clock';

import type { FromDeckWorker, FromPage } from '../model/deck-port.ts';
import { shiftTimes } from '../model/port-times.ts';
import type { DeckMessage, DeckPage, DeckStart } from './deck-page.ts';

/** Sweeps without a sign of life until a page is given up. Counted, as clocks may run on while a machine sleeps. */
const MOST_SILENT = 5;

export type PagePortOptions = {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly post: (message: FromDeckWorker) => void;
  /** Attaches the page to the engine of what it asks for. */
  readonly attach: (start: DeckStart, post: (message: FromDeckWorker) => void) => DeckPage;
  /** Calls back when the lock is free: its page has died. */
  readonly onLockFree: (name: string, then: () => void) => Cancel;
  readonly onEnd: (port: PagePort) => void;
};

export class PagePort {
  readonly #options: PagePortOptions;
  #state: 'waiting' | 'attached' | 'ended' | 'given-up' = 'waiting';
  #page: DeckPage | undefined;
  #kept: DeckMessage[] = [];
  #forgetLock: Cancel = () => {};
  #silentSweeps = 0;
  /**
   * The page's clock minus ours, as far as is known: a message's delay makes it look smaller, never larger, so that
   * data may look older than it is, never younger.
   */
  #aheadMs: number = LONG_AGO;

  constructor(options: PagePortOptions) {
    this.#options = options;
  }

  hear({ now, ...message }: FromPage): void {
    this.#silentSweeps = 0;
    if (this.#state === 'given-up') {
      this.#state = 'ended';
      this.#options.post({ type: 'gone' });
    }
    if (this.#state === 'ended') return;
    this.#compare(now);
    switch (message.type) {
      case 'start':
        this.#attach(message);
        return;
      case 'stop':
        this.#end('ended');
        return;
      case 'lock':
        this.#forgetLock();
        this.#forgetLock = this.#options.onLockFree(message.name, () => this.#end('ended'));
        return;
      case 'here':
        return;
      default:
        if (this.#page === undefined) this.#kept.push(message);
        else this.#page.hear(message);
    }
  }

  /** A while has passed; a page that showed no sign of life for several of them is given up. */
  sweep(): void {
    if (++this.#silentSweeps > MOST_SILENT) this.#end('given-up');
  }

  #compare(pageNow: MonotonicMs): void {
    this.#aheadMs = Math.max(this.#aheadMs, pageNow - this.#options.clock.monotonic());
  }

  #attach(start: DeckStart): void {
    if (this.#page !== undefined) return;
    this.#state = 'attached';
    this.#page = this.#options.attach(start, (message) =>
      this.#options.post(shiftTimes(message, this.#aheadMs)),
    );
    for (const message of this.#kept) this.#page.hear(message);
    this.#kept = [];
  }

  #end(state: 'ended' | 'given-up'): void {
    if (this.#state === 'ended' || this.#state === 'given-up') return;
    this.#state = state;
    this.#kept = [];
    this.#forgetLock();
    this.#page?.detach();
    this.#options.onEnd(this);
  }
}
