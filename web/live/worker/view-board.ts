/*
 * The views that one page watches, all posted at the beats of one clock, so that a page paints one frame for them. A
 * view is made at the first beat after its data changed and its period is over; a change of health alone is posted,
 * too, and a change of phase at once. Other changes of the page go with them. While the page is hidden no view is
 * made.
 */
import { type Clock, later, LONG_AGO, type MonotonicMs } from '@tapedeck/market/time/clock';

import type { CandleBatch, FromDeckWorker, TopicUpdate } from '../model/deck-port.ts';
import { BEAT_MS, definitionOf, type Topic, type TopicValue } from '../model/topics.ts';
import type { CandleUpdate } from '../model/view-model.ts';
import { CandleQueue } from './candle-queue.ts';
import type { ChannelRecord } from './channel-record.ts';
import { PageBeat } from './page-beat.ts';

/** How long the books of a seek wait for its clock, which comes after them. */
const SEEK_MS = 250;

type WatchedView = {
  readonly key: string;
  readonly topic: Topic;
  readonly record: ChannelRecord;
  readonly periodMs: number;
  readonly candles: CandleQueue;
  isValueDirty: boolean;
  isHealthDirty: boolean;
  /** When the oldest data not posted yet arrived. */
  dirtySince: MonotonicMs | undefined;
  dueAt: MonotonicMs;
};

export class ViewBoard {
  readonly #post: (message: FromDeckWorker) => void;
  readonly #epochOf: (symbol: string) => string | undefined;
  readonly #views = new Map<string, WatchedView>();
  readonly #byRecord = new Map<ChannelRecord, WatchedView[]>();
  readonly #beat: PageBeat;
  /** Messages for the next beat, the newest of each type. */
  readonly #riders = new Map<string, FromDeckWorker>();
  /** Urgent messages since the last beat, in order. */
  #told: FromDeckWorker[] = [];
  #isVisible = true;
  #heldUntil = LONG_AGO;
  readonly #clock: Clock;

  constructor(
    clock: Clock,
    post: (message: FromDeckWorker) => void,
    epochOf: (symbol: string) => string | undefined,
  ) {
    this.#clock = clock;
    this.#post = post;
    this.#epochOf = epochOf;
    this.#beat = new PageBeat(clock, (now) => this.#flush(now));
  }

  has(key: string): boolean {
    return this.#views.has(key);
  }

  add(key: string, topic: Topic, record: ChannelRecord): void {
    const view: WatchedView = {
      key,
      topic,
      record,
      periodMs: definitionOf(topic).periodMs(topic),
      candles: new CandleQueue(record.forming),
      isValueDirty: true,
      isHealthDirty: true,
      dirtySince: undefined,
      dueAt: LONG_AGO,
    };
    this.#views.set(key, view);
    this.#byRecord.set(record, [...(this.#byRecord.get(record) ?? []), view]);
    this.#setPace();
    this.#beat.hurry();
  }

  /** Returns the record that the view watched. */
  remove(key: string): ChannelRecord | undefined {
    const view = this.#views.get(key);
    if (view === undefined) return undefined;
    this.#views.delete(key);
    this.#setPace();
    const rest = (this.#byRecord.get(view.record) ?? []).filter((each) => each !== view);
    if (rest.length > 0) this.#byRecord.set(view.record, rest);
    else this.#byRecord.delete(view.record);
    return view.record;
  }

  /** Removes all views; returns the records that they watched, one for each view. */
  close(): readonly ChannelRecord[] {
    const records = [...this.#views.values()].map(({ record }) => record);
    this.#views.clear();
    this.#byRecord.clear();
    this.#beat.stop();
    return records;
  }

  candle(record: ChannelRecord, candle: CandleUpdate): void {
    for (const { candles } of this.#byRecord.get(record) ?? []) candles.take(candle);
  }

  /** The channel was cut, or a new epoch began. */
  interrupted(record: ChannelRecord): void {
    for (const { candles } of this.#byRecord.get(record) ?? []) candles.interrupt();
  }

  /** New data on a channel. */
  changed(record: ChannelRecord, now: MonotonicMs): void {
    for (const view of this.#byRecord.get(record) ?? []) {
      view.isValueDirty = true;
      view.isHealthDirty = true;
      view.dirtySince ??= now;
      this.#ask(view);
    }
  }

  /** A channel's state changed; `isUrgent` if what is shown may be untrue by now. */
  healthChanged(record: ChannelRecord, isUrgent: boolean): void {
    for (const view of this.#byRecord.get(record) ?? []) {
      view.isHealthDirty = true;
      if (isUrgent) view.dueAt = LONG_AGO;
      this.#ask(view);
      if (isUrgent && this.#isVisible) this.#beat.hurry();
    }
  }

  /** A message that can wait for the next beat, and may be replaced by a newer one of its type. */
  ride(message: FromDeckWorker): void {
    if (!this.#isVisible) {
      this.#post(message);
      return;
    }
    this.#riders.set(message.type, message);
    this.#beat.ask();
  }

  /**
   * A message that cannot wait: it goes in one frame with what rides and what has changed. The clock of a seek beside
   * the ladder of the previous moment would be untrue, and a second frame costs as much as the first.
   */
  tell(message: FromDeckWorker): void {
    if (!this.#isVisible) {
      this.#post(message);
      return;
    }
    this.#riders.delete(message.type);
    this.#told.push(message);
    if (message.type === 'replay-state' && message.seeked) this.#heldUntil = LONG_AGO;
    this.#beat.hurry();
  }

  /** The books of a seek are coming, then its clock: neither is shown without the other. */
  holdForSeek(): void {
    this.#heldUntil = later(this.#clock.monotonic(), SEEK_MS);
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
    this.#beat.hurry();
  }

  #ask(view: WatchedView): void {
    // Half a beat early is better than half a beat late.
    if (this.#isVisible) this.#beat.ask(later(view.dueAt, -this.#beat.periodMs / 2));
  }

  /** A ladder for every frame speeds up the beat; all other views keep their own rates. */
  #setPace(): void {
    const periods = [...this.#views.values()].map(({ periodMs }) => periodMs);
    this.#beat.periodMs = Math.min(BEAT_MS, ...periods.filter((periodMs) => periodMs > 0));
  }

  #flush(now: MonotonicMs): void {
    if (now < this.#heldUntil) {
      this.#beat.ask(this.#heldUntil);
      return;
    }
    const messages = [...this.#told, ...this.#riders.values()];
    this.#told = [];
    this.#riders.clear();
    const batch = this.#isVisible ? this.#batchAt(now) : undefined;
    if (batch !== undefined) messages.push(batch);
    const [first] = messages;
    if (first === undefined) return;
    this.#post(messages.length === 1 ? first : { type: 'together', messages });
  }

  #batchAt(now: MonotonicMs): FromDeckWorker | undefined {
    const topics: TopicUpdate[] = [];
    const candles: CandleBatch[] = [];
    let receivedAt: MonotonicMs | undefined;
    const dueBy = later(now, this.#beat.periodMs / 2);
    for (const view of this.#views.values()) {
      if (!view.isValueDirty && !view.isHealthDirty) continue;
      if (view.dueAt > dueBy) {
        this.#ask(view);
        continue;
      }
      if (view.topic.kind === 'candles') {
        const batch = view.candles.drain(view.key, this.#epochOf(view.topic.symbol));
        if (batch !== undefined) candles.push(batch);
      } else topics.push(updateOf(view));
      if (view.dirtySince !== undefined && definitionOf(view.topic).isMeasured === true)
        receivedAt = earlier(receivedAt, view.dirtySince);
      view.isValueDirty = false;
      view.isHealthDirty = false;
      view.dirtySince = undefined;
      view.dueAt = later(now, view.periodMs);
    }
    if (topics.length === 0 && candles.length === 0) return undefined;
    return { type: 'batch', receivedAt, topics, candles };
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
 * The current value; undefined before the first, and while a book is being repaired, when the last good one stays.
 * For a stale market it is the last book from before, and that is shown.
 */
function valueOf({ topic, record }: WatchedView): TopicValue | undefined {
  const source = record.source();
  return source && definitionOf(topic).view(topic, source);
}
