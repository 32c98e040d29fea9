import type { CandleBatch } from '../model/deck-port.ts';
import type { CandleUpdate } from '../model/view-model.ts';

/** Closed candles that may wait for a hidden page; with more, the chart fetches its history again. */
const MAX_CLOSED = 256;

/** The candles that wait to be posted to one page: every closed one, and the newest forming one. */
export class CandleQueue {
  #closed: CandleUpdate[] = [];
  #forming: CandleUpdate | undefined;
  #restart = true;

  /** @param forming the candle that is forming when the page begins to follow. */
  constructor(forming: CandleUpdate | undefined) {
    this.#forming = forming;
  }

  take(candle: CandleUpdate): void {
    if (candle.state === 'forming') {
      this.#forming = candle;
      return;
    }
    this.#closed.push(candle);
    if (this.#forming !== undefined && this.#forming.openTime <= candle.openTime)
      this.#forming = undefined;
    if (this.#closed.length <= MAX_CLOSED) return;
    this.#closed = [];
    this.#restart = true;
  }

  /** The link was cut, or a new epoch began. */
  interrupt(): void {
    this.#closed = [];
    this.#forming = undefined;
    this.#restart = true;
  }

  /** The updates not posted yet; undefined if there are none. */
  drain(key: string, epoch: string | undefined): CandleBatch | undefined {
    if (this.#closed.length === 0 && this.#forming === undefined) return undefined;
    const updates = this.#forming === undefined ? this.#closed : [...this.#closed, this.#forming];
    const batch = { key, epoch, restart: this.#restart, updates };
    this.#closed = [];
    this.#forming = undefined;
    this.#restart = false;
    return batch;
  }
}
