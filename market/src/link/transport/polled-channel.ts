/*
 * One channel of a polling socket: what to ask for, and the messages that an answer stands for. The first answer is
 * told after `subscribed`, as on a stream (P7).
 */
import type { ChannelInstrument } from '../../instrument/instrument.ts';
import type { EpochMs } from '../../number/level.ts';
import type { Channel } from '../../wire/channel.ts';
import type { DownMessage } from '../../wire/down.ts';
import type { BookBody, CandlesBody, TickersBody, TradesBody } from '../../wire/http.ts';
import { AnswerOrder } from './answer-order.ts';

export type PolledTicker = TickersBody['tickers'][number];
type Standing = Pick<BookBody, 'state' | 'reason' | 'since'>;
type Resumed = { readonly resume: 'full' | 'partial' | 'none'; readonly lost?: number };
type Position = { readonly epoch: string; readonly sequence: number };
export type Question = {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
};

/** A new tape begins with so many trades, as on a stream. */
const FIRST_TRADES = 100;
/** Most trades of one answer; more are asked for at once. */
const MAX_TRADES = 2_000;
/** Candles between two polls: 1 s candles after a minute of a page that slept. */
const MAX_CANDLES = 100;

export class PolledChannel {
  readonly id: number;
  readonly name: string;
  readonly parsed: Channel;
  /** The `subscribe` that asked for it. */
  readonly request: number | undefined;
  isAsking = false;
  tag: string | undefined;
  /** Of the answers that were told. */
  readonly order = new AnswerOrder();
  /** The last answer was as large as it may be. */
  hasMore = false;
  #grid: ChannelInstrument;
  #position: Position | undefined;
  #isSubscribed = false;
  #isReady = false;
  /** As it was told; undefined where it is to be told whatever it is. */
  #state: BookBody['state'] = 'ok';
  /** Of a book: it was told that it is crossed or locked (P15). */
  #isCrossed = false;
  /** Of candles: the newest that was told. */
  #openTime: EpochMs | undefined;
  #epoch: string | undefined;
  #sequence = 0;

  constructor(options: {
    readonly id: number;
    readonly name: string;
    readonly parsed: Channel;
    readonly grid: ChannelInstrument;
    readonly request: number | undefined;
    readonly since: Position | undefined;
  }) {
    this.id = options.id;
    this.name = options.name;
    this.parsed = options.parsed;
    this.#grid = options.grid;
    this.request = options.request;
    this.#position = options.since;
  }

  /** The full value is wanted again, as a new subscriber gets it, and the feed's word with it. */
  forget(): void {
    this.tag = undefined;
    this.#position = undefined;
    this.#openTime = undefined;
    this.#isReady = false;
    this.#state = undefined;
  }

  /** What to ask for next. Tickers are asked for together, by the socket. */
  question(): Question {
    const { symbol } = this.parsed;
    switch (this.parsed.kind) {
      case 'book':
        return { path: '/v1/book', query: { symbol, depth: String(this.parsed.depth) } };
      case 'trades': {
        const position = this.#position;
        if (position === undefined)
          return { path: '/v1/trades', query: { symbol, limit: String(FIRST_TRADES) } };
        const since = `${position.epoch}:${position.sequence}`;
        return { path: '/v1/trades', query: { symbol, since, limit: String(MAX_TRADES) } };
      }
      case 'candles': {
        const { interval } = this.parsed;
        const from = this.#openTime;
        const range: Readonly<Record<string, string>> =
          from === undefined ? { limit: '1' } : { from: String(from), limit: String(MAX_CANDLES) };
        return { path: '/v1/candles', query: { symbol, interval, ...range } };
      }
      case 'ticker':
        return { path: '/v1/tickers', query: { symbols: symbol } };
    }
  }

  /** What a 304 proves: nothing is newer than what was told (P20), and the source lives where it was heard of (P20b). */
  unchanged(now: EpochMs, heardMs: number | undefined): readonly DownMessage[] {
    if (!this.#isReady) return [];
    const heard = heardMs === undefined ? {} : { [this.id]: heardMs };
    return [{ type: 'heartbeat', now, last: { [this.id]: this.#sequence }, heard }];
  }

  /** The messages that a body stands for. */
  take(body: string, now: EpochMs, heardMs: number | undefined): readonly DownMessage[] {
    switch (this.parsed.kind) {
      case 'book':
        return this.#book(JSON.parse(body) as BookBody, now);
      case 'trades':
        return this.#trades(JSON.parse(body) as TradesBody, now, heardMs);
      case 'candles':
        return this.#candles(JSON.parse(body) as CandlesBody, now, heardMs);
      case 'ticker':
        return [];
    }
  }

  takeTicker(ticker: PolledTicker, now: EpochMs): readonly DownMessage[] {
    const { last, bid, ask, open24h, volume24h, eventTime, sequence } = ticker;
    const messages = [...this.#begin(ticker)];
    this.#isReady = true;
    this.#sequence = sequence;
    const value = { last, bid, ask, open24h, volume24h, eventTime, sequence };
    messages.push({ type: 'ticker', channel: this.id, ...value });
    return [...messages, ...this.#declare(ticker, now)];
  }

  /** The feed's word on the market, when it changes. */
  #declare(body: Standing, now: EpochMs): readonly DownMessage[] {
    const { state = 'ok', since = now, reason = state === 'ok' ? 'requested' : 'restart' } = body;
    // It is the channel of the book that is flagged, as on a stream.
    const isCrossed = this.parsed.kind === 'book' && body.reason === 'crossed';
    if (state === this.#state && isCrossed === this.#isCrossed) return [];
    this.#state = state;
    this.#isCrossed = isCrossed;
    return [{ type: 'channel-state', channel: this.id, state, since, reason }];
  }

  /** The feed has no book now; what was told before is not to be believed any more. */
  notReady(): readonly DownMessage[] {
    const messages = [...this.#first()];
    if (this.#isReady) messages.push({ type: 'reset', channel: this.id, reason: 'upstream-reset' });
    this.#isReady = false;
    this.tag = undefined;
    return messages;
  }

  #book(body: BookBody, now: EpochMs): readonly DownMessage[] {
    const { epoch, sequence, eventTime, bids, asks, checksum } = body;
    const messages = [...this.#begin(body)];
    this.#isReady = true;
    this.#sequence = sequence;
    const times = { eventTime, receiveTime: eventTime, sendTime: now };
    const levels = { bids, asks, checksum };
    messages.push({
      type: 'book-snapshot',
      channel: this.id,
      epoch,
      sequence,
      ...times,
      ...levels,
    });
    // A snapshot says ok, until the feed says otherwise.
    this.#state = 'ok';
    return [...messages, ...this.#declare(body, now)];
  }

  #trades(body: TradesBody, now: EpochMs, heardMs: number | undefined): readonly DownMessage[] {
    const { trades, epoch = '', sequence = 0, resume = 'none', lost = 0 } = body;
    const before = this.#position;
    const messages = [
      ...this.#begin(body, {
        resume: before === undefined ? 'none' : resume,
        ...(lost > 0 && { lost }),
      }),
    ];
    const isFirst = !this.#isReady || epoch !== this.#epoch;
    this.#isReady = true;
    this.#epoch = epoch;
    this.#sequence = sequence;
    this.#position = { epoch, sequence };
    this.hasMore = before !== undefined && trades.length === MAX_TRADES;
    const previous = trades[0] === undefined ? sequence : trades[0][0] - 1;
    const declared = this.#declare(body, now);
    if (trades.length === 0 && !isFirst)
      return [...messages, ...this.unchanged(now, heardMs), ...declared];
    messages.push({
      type: 'trades',
      channel: this.id,
      ...(isFirst ? { epoch } : {}),
      previous,
      sequence,
      sendTime: now,
      trades,
    });
    return [...messages, ...declared];
  }

  #candles(body: CandlesBody, now: EpochMs, heardMs: number | undefined): readonly DownMessage[] {
    const { candles, asOfSequence, epoch } = body;
    const messages = [...this.#begin(body)];
    if (this.#epoch !== undefined && this.#epoch !== epoch)
      messages.push({ type: 'reset', channel: this.id, reason: 'upstream-reset' });
    this.#epoch = epoch;
    this.#isReady = true;
    this.#sequence = asOfSequence;
    this.#openTime = candles.at(-1)?.openTime ?? this.#openTime;
    // All trades after a closed candle are in those that follow it.
    let sequence = asOfSequence;
    const told = candles
      .toReversed()
      .map((candle): DownMessage => {
        const message = { type: 'candle' as const, channel: this.id, ...candle, sequence };
        sequence -= candle.trades;
        return message;
      })
      .toReversed();
    const news = told.length === 0 ? this.unchanged(now, heardMs) : told;
    return [...messages, ...news, ...this.#declare(body, now)];
  }

  /** `subscribed` before the first value, and a reset before the first one of another grid (P13). */
  #begin(
    { instrument = this.#grid }: { readonly instrument?: ChannelInstrument },
    resumed?: Resumed,
  ): readonly DownMessage[] {
    const { tickSize, lotSize } = this.#grid;
    const isOther = instrument.tickSize !== tickSize || instrument.lotSize !== lotSize;
    // An answer names the grid of its numbers; what the instrument is called stands in the list.
    this.#grid = { ...this.#grid, ...instrument };
    const first = this.#first(resumed);
    if (first.length > 0 || !isOther) return first;
    this.#state = undefined;
    return [{ type: 'reset', channel: this.id, reason: 'tick-size', instrument: this.#grid }];
  }

  #first(resumed: Resumed = { resume: 'none' }): readonly DownMessage[] {
    if (this.#isSubscribed) return [];
    this.#isSubscribed = true;
    const { symbol, tickSize, lotSize, base, quote } = this.#grid;
    return [
      {
        type: 'subscribed',
        ...(this.request === undefined ? {} : { id: this.request }),
        channels: [
          {
            name: this.name,
            channel: this.id,
            instrument: { symbol, tickSize, lotSize, base, quote },
            ...resumed,
          },
        ],
      },
    ];
  }
}
