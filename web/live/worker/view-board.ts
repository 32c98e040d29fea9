/*
 * The views that the page watches, each at its own rate. A view is made when its data changed and its period is over;
 * a change of health alone is told too, and a change of phase at once. While the page is hidden nothing is made.
 */
import { type Clock, later, LONG_AGO, type MonotonicMs } from '@tapedeck/market/clock';

import type { CandleBatch, FromWorker, Topic, TopicUpdate, TopicValue } from '../deck-port.ts';
import type { ChannelRecord } from './channel-record.ts';
import { displayInstrument } from './display-instrument.ts';
import { ladderView } from './ladder-view.ts';

/** Rates of section 2 of the dashboard's design; a ladder brings its own. */
const TAPE_MS = 50;
const TICKER_MS = 250;
const STATE_MS = 250;
/** The feed sends forming candles ten times a second; a chart draws at most one a frame. */
const CANDLE_MS = 16;
/** Views that fall due within this go in the same message. */
const TOGETHER_MS = 4;
/** A ladder of 10 Hz on a channel of 100 ms must not miss every second flush by a hair. */
const EARLY_MS = 15;

type WatchedView = {
  readonly key: string;
  readonly topic: Topic;
  readonly record: ChannelRecord;
  readonly periodMs: number;
  isValueDirty: boolean;
  isHealthDirty: boolean;
  /** When the oldest data that was not posted yet came. */
  dirtySince: MonotonicMs | undefined;
  dueAt: MonotonicMs;
};

export class ViewBoard {
  readonly #clock: Clock;
  readonly #post: (message: FromWorker) => void;
  readonly #epochOf: (symbol: string) => string | undefined;
  readonly #views = new Map<string, WatchedView>();
  readonly #byRecord = new Map<ChannelRecord, WatchedView[]>();
  #isVisible = true;
  #wakeAt: MonotonicMs | undefined;

  constructor(
    clock: Clock,
    post: (message: FromWorker) => void,
    epochOf: (symbol: string) => string | undefined,
  ) {
    this.#clock = clock;
    this.#post = post;
    this.#epochOf = epochOf;
  }

  has(key: string): boolean {
    return this.#views.has(key);
  }

  add(key: string, topic: Topic, record: ChannelRecord): void {
    const view: WatchedView = {
      key,
      topic,
      record,
      periodMs: periodOf(topic),
      isValueDirty: true,
      isHealthDirty: true,
      dirtySince: undefined,
      dueAt: LONG_AGO,
    };
    this.#views.set(key, view);
    this.#byRecord.set(record, [...(this.#byRecord.get(record) ?? []), view]);
    this.#wake(0);
  }

  /** Gives the record that the view watched. */
  remove(key: string): ChannelRecord | undefined {
    const view = this.#views.get(key);
    if (view === undefined) return undefined;
    this.#views.delete(key);
    const rest = (this.#byRecord.get(view.record) ?? []).filter((each) => each !== view);
    if (rest.length > 0) this.#byRecord.set(view.record, rest);
    else this.#byRecord.delete(view.record);
    return view.record;
  }

  /** New data on a channel. */
  changed(record: ChannelRecord, now: MonotonicMs): void {
    for (const view of this.#byRecord.get(record) ?? []) {
      view.isValueDirty = true;
      view.isHealthDirty = true;
      view.dirtySince ??= now;
      this.#wake(view.dueAt - now);
    }
  }

  /** Where a channel stands changed; `isUrgent` when what is shown may be untrue by now. */
  healthChanged(record: ChannelRecord, isUrgent: boolean): void {
    const now = this.#clock.monotonic();
    for (const view of this.#byRecord.get(record) ?? []) {
      view.isHealthDirty = true;
      if (isUrgent) view.dueAt = LONG_AGO;
      this.#wake(view.dueAt - now);
    }
  }

  setVisible(isVisible: boolean): void {
    if (isVisible && !this.#isVisible) {
      for (const view of this.#views.values()) {
        view.isValueDirty = true;
        view.isHealthDirty = true;
        view.dirtySince = undefined;
        view.dueAt = LONG_AGO;
      }
    }
    this.#isVisible = isVisible;
    if (isVisible) this.#wake(0);
  }

  /** Asks for a flush `delayMs` from now, or sooner if one is due already. */
  #wake(delayMs: number): void {
    if (!this.#isVisible) return;
    const at = later(this.#clock.monotonic(), Math.max(0, delayMs));
    if (this.#wakeAt !== undefined && this.#wakeAt <= at) return;
    this.#wakeAt = at;
    this.#clock.after(Math.max(0, delayMs), () => {
      if (this.#wakeAt === at) this.#flush();
    });
  }

  #flush(): void {
    this.#wakeAt = undefined;
    if (!this.#isVisible) return;
    const now = this.#clock.monotonic();
    const topics: TopicUpdate[] = [];
    const candles: CandleBatch[] = [];
    let receivedAt: MonotonicMs | undefined;
    let nextDue: MonotonicMs | undefined;
    for (const view of this.#views.values()) {
      if (!view.isValueDirty && !view.isHealthDirty) continue;
      if (view.dueAt > now + TOGETHER_MS) {
        nextDue = earlier(nextDue, view.dueAt);
        continue;
      }
      const { kind } = view.topic;
      if (kind === 'candles') {
        const batch = view.record.drainCandles(view.key, this.#epochOf(view.topic.symbol));
        if (batch !== undefined) candles.push(batch);
      } else topics.push(updateOf(view));
      if (view.dirtySince !== undefined && (kind === 'ladder' || kind === 'tape'))
        receivedAt = earlier(receivedAt, view.dirtySince);
      view.isValueDirty = false;
      view.isHealthDirty = false;
      view.dirtySince = undefined;
      view.dueAt = later(now, view.periodMs);
    }
    if (topics.length > 0 || candles.length > 0)
      this.#post({ type: 'batch', receivedAt, topics, candles });
    if (nextDue !== undefined) this.#wake(nextDue - now);
  }
}

function earlier(one: MonotonicMs | undefined, other: MonotonicMs): MonotonicMs {
  return one === undefined || other < one ? other : one;
}

function updateOf(view: WatchedView): TopicUpdate {
  const value = view.isValueDirty ? valueOf(view) : undefined;
  const health = view.record.health();
  return value === undefined ? { key: view.key, health } : { key: view.key, value, health };
}

/**
 * The value as of now; undefined before the first, and while a book is being repaired: the last good one stays. The book of
 * a market that is stale is the last one before that, and is what there is to show.
 */
function valueOf({ topic, record }: WatchedView): TopicValue | undefined {
  const { channel } = record;
  const { grid, mirror } = channel;
  if (grid === undefined || !channel.hasValue) return undefined;
  switch (topic.kind) {
    case 'ladder':
      return mirror?.isWhole === true
        ? ladderView(topic, displayInstrument(grid), mirror.book)
        : undefined;
    case 'tape':
      return record.tape.view(topic.symbol, displayInstrument(grid));
    case 'ticker':
      return record.tickerView();
    case 'book':
    case 'candles':
      return undefined;
  }
}

function periodOf(topic: Topic): number {
  switch (topic.kind) {
    case 'ladder':
      return Math.max(0, 1_000 / topic.rateHz - EARLY_MS);
    case 'tape':
      return TAPE_MS;
    case 'ticker':
      return TICKER_MS;
    case 'book':
      return STATE_MS;
    case 'candles':
      return CANDLE_MS;
  }
}
