import type { Cancel } from '@tapedeck/market/time/clock';

import { type CandleBatch, topicKey } from '../model/deck-port.ts';
import type { Topic } from '../model/topics.ts';

export type CandleListener = (batch: CandleBatch) => void;
type CandleTopic = Extract<Topic, { kind: 'candles' }>;

/** The listeners of each candle topic: every batch matters, so there is no store of the last one. */
export class CandleListeners {
  readonly #topics = new Map<
    string,
    { readonly topic: CandleTopic; readonly listeners: Set<CandleListener> }
  >();
  readonly #watch: (key: string, topic: CandleTopic) => void;
  readonly #unwatch: (key: string) => void;

  constructor(options: {
    readonly watch: (key: string, topic: CandleTopic) => void;
    readonly unwatch: (key: string) => void;
  }) {
    this.#watch = options.watch;
    this.#unwatch = options.unwatch;
  }

  /** Topics that have listeners. */
  *watched(): Iterable<readonly [key: string, topic: CandleTopic]> {
    for (const [key, { topic }] of this.#topics) yield [key, topic];
  }

  add(topic: CandleTopic, listener: CandleListener): Cancel {
    const key = topicKey(topic);
    let entry = this.#topics.get(key);
    if (entry === undefined) {
      entry = { topic, listeners: new Set() };
      this.#topics.set(key, entry);
      this.#watch(key, topic);
    }
    const { listeners } = entry;
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#topics.get(key)?.listeners !== listeners) return;
      this.#topics.delete(key);
      this.#unwatch(key);
    };
  }

  take(batch: CandleBatch): void {
    for (const listener of this.#topics.get(batch.key)?.listeners ?? []) listener(batch);
  }
}
