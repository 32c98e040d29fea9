import { venueOf } from '@tapedeck/market/instrument/instrument';
import type { MonotonicMs } from '@tapedeck/market/time/clock';

import { type Cross, crossOf } from '../model/cross.ts';
import { topicKey, type TopicUpdate } from '../model/deck-port.ts';
import type { Topic, TopicKind, TopicValue } from '../model/topics.ts';
import type { DataSummary } from './lamps.ts';
import { PageBook } from './page-book.ts';
import { type StateContext, type VenueClocks, ViewStore } from './view-store.ts';

/** How long a topic outlives its last panel: after a route change or a hidden panel its value is still live. */
const LINGER_MS = 5_000;
/** For a page without a ladder: enough for its best prices, on the channel of a usual ladder. */
const OWN_BOOK = { kind: 'ladder', groupTicks: 1, rows: 25, rateHz: 10 } as const;

type Watched = {
  readonly topic: Topic;
  readonly store: ViewStore<TopicValue>;
  isWatched: boolean;
  idleSince: MonotonicMs;
};

export type TopicStoresOptions = {
  readonly now: () => MonotonicMs;
  readonly watch: (key: string, topic: Topic) => void;
  readonly unwatch: (key: string) => void;
};

/** The stores of a deck's topics, counted by listeners: watched from the first listener until 5 s after the last. */
export class TopicStores {
  readonly #options: TopicStoresOptions;
  readonly #topics = new Map<string, Watched>();
  readonly #dirty = new Set<Watched>();
  #venueClocks: VenueClocks = new Map();
  readonly #books = new Map<string, PageBook>();

  constructor(options: TopicStoresOptions) {
    this.#options = options;
  }

  /** The store of a topic, created on first use. */
  view<K extends TopicKind>(topic: Topic & { readonly kind: K }): ViewStore<TopicValue<K>> {
    const key = topicKey(topic);
    let watched = this.#topics.get(key);
    if (watched === undefined) {
      const now = this.#options.now();
      const store = new ViewStore<TopicValue>(now, this.#relative(topic), (isActive) =>
        this.#onActive(key, isActive),
      );
      watched = { topic, store, isWatched: false, idleSince: now };
      this.#topics.set(key, watched);
    }
    return watched.store as unknown as ViewStore<TopicValue<K>>;
  }

  /** The book that everything on a page shows of a symbol. */
  book(symbol: string): PageBook {
    const known = this.#books.get(symbol);
    if (known !== undefined) return known;
    const book = new PageBook(() => this.view({ ...OWN_BOOK, symbol }));
    this.#books.set(symbol, book);
    return book;
  }

  /** The topics that a new worker has to watch. */
  *watched(): Iterable<readonly [key: string, topic: Topic]> {
    for (const [key, { topic, isWatched }] of this.#topics) if (isWatched) yield [key, topic];
  }

  note(update: TopicUpdate): void {
    const watched = this.#topics.get(update.key);
    if (watched === undefined) return;
    watched.store.note(update);
    this.#dirty.add(watched);
  }

  /** The worker is gone: no topic's health is known. */
  forget(): void {
    for (const { store } of this.#topics.values()) store.forget();
  }

  /** Makes the snapshots of what has changed, or of everything. */
  flush(context: StateContext, isAll: boolean): void {
    for (const { topic, store } of isAll ? this.#topics.values() : this.#dirty)
      store.flush(context, this.#venueClocks.get(venueOf(topic.symbol)));
    this.#dirty.clear();
  }

  setVenueClocks(clocks: VenueClocks): void {
    this.#venueClocks = clocks;
  }

  /** Drops topics without a listener for a while, and those that a render created but never used. */
  sweep(now: MonotonicMs): void {
    for (const [key, { store, isWatched, idleSince }] of this.#topics) {
      if (store.isActive || now - idleSince < LINGER_MS) continue;
      this.#topics.delete(key);
      if (isWatched) this.#options.unwatch(key);
    }
  }

  /**
   * For the data lamp: how much of what is shown is not current. Data that has just arrived may be old by the
   * market's clock: the lamp never shows a smaller age than the youngest topic.
   */
  summary(arrivalAgeMs: number | undefined): DataSummary {
    let stale = 0;
    let youngestMs = Infinity;
    let topics = 0;
    let oldestMs = 0;
    const halted = new Set<string>();
    const crosses = new Map<string, Cross>();
    const symbols = new Set<string>();
    for (const { topic, store } of this.#topics.values()) {
      if (!store.isActive) continue;
      topics++;
      const { state, value } = store.getSnapshot();
      const { kind } = state;
      symbols.add(topic.symbol);
      if (kind === 'halted') halted.add(topic.symbol);
      // Without a book, a ladder still has the value of another moment.
      const cross = kind === 'no-book' || value === undefined ? undefined : crossIn(value);
      if (cross !== undefined) crosses.set(topic.symbol, cross);
      if ('ageMs' in state) youngestMs = Math.min(youngestMs, state.ageMs);
      if (kind === 'stale' || kind === 'resyncing' || kind === 'error') {
        stale++;
        if ('ageMs' in state) oldestMs = Math.max(oldestMs, state.ageMs);
      }
    }
    const ageMs =
      arrivalAgeMs === undefined || youngestMs === Infinity
        ? arrivalAgeMs
        : Math.max(arrivalAgeMs, youngestMs);
    return {
      ageMs,
      stale,
      topics,
      oldestMs,
      symbols: symbols.size,
      halted: halted.size,
      crossed: crosses.size,
      locked: [...crosses.values()].filter((cross) => cross === 'locked').length,
    };
  }

  /** A regrouped ladder starts with the old grouping's value rather than with none. */
  #relative(topic: Topic): TopicValue | undefined {
    if (topic.kind !== 'ladder') return undefined;
    for (const other of this.#topics.values()) {
      const isSame = other.topic.kind === 'ladder' && other.topic.symbol === topic.symbol;
      if (isSame && other.isWatched) return other.store.getSnapshot().value;
    }
    return undefined;
  }

  #onActive(key: string, isActive: boolean): void {
    const watched = this.#topics.get(key);
    if (watched === undefined) return;
    watched.idleSince = this.#options.now();
    if (!isActive || watched.isWatched) return;
    watched.isWatched = true;
    this.#options.watch(key, watched.topic);
  }
}

function crossIn(value: TopicValue): Cross | undefined {
  if ('bestBid' in value) return crossOf(value.bestBid?.[0], value.bestAsk?.[0]);
  return 'bid' in value ? crossOf(value.bid, value.ask) : undefined;
}
