/*
 * One channel of a polling socket: which request to send, and how to turn a response into messages. The first
 * response follows `subscribed`, as on a stream (P7).
 */
import { isWrittenAlike } from '../../grid/grid.ts';
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

/** Number of trades in the first value, as on a stream. */
const FIRST_TRADES = 100;
/** Maximum number of trades per response; a full page is followed by the next at once. */
const MAX_TRADES = 2_000;
/** Maximum number of candles per poll: enough for 1 s candles after the page slept for a minute. */
const MAX_CANDLES = 100;

export class PolledChannel {
  readonly id: number;
  readonly name: string;
  readonly parsed: Channel;
  /** Id of its `subscribe`. */
  readonly request: number | undefined;
  isAsking = false;
  tag: string | undefined;
  /** ETag of the last response that was delivered. */
  readonly order = new AnswerOrder();
  /** The last response was a full page. */
  hasMore = false;
  #grid: ChannelInstrument;
  #position: Position | undefined;
  #isSubscribed = false;
  #isReady = false;
  /** The last state delivered; undefined forces delivery of the next one. */
  #state: BookBody['state'] = 'ok';
  /** Book only: crossed or locked was reported (P15). */
  #isCrossed = false;
  /** Candles only: the newest one delivered. */
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

  /** Requests the full value again, as for a new subscriber, together with the market state. */
  forget(): void {
    this.tag = undefined;
    this.#position = undefined;
    this.#openTime = undefined;
    this.#isReady = false;
    this.#state = undefined;
  }

  /** The next request. The socket polls tickers itself, all in one request. */
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

  /**
   * The heartbeat that a 304 implies: nothing is newer (P20), and the source is alive if `heard` is set (P20b).
   */
  unchanged(now: EpochMs, heardMs: number | undefined): readonly DownMessage[] {
    if (!this.#isReady) return [];
    const heard = heardMs === undefined ? {} : { [this.id]: heardMs };
    return [{ type: 'heartbeat', now, last: { [this.id]: this.#sequence }, heard }];
  }

  /** Turns a response body into messages. */
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

  /** The market state, if it changed. */
  #declare(body: Standing, now: EpochMs): readonly DownMessage[] {
    const { state = 'ok', since = now, reason = state === 'ok' ? 'requested' : 'restart' } = body;
    // Crossed and locked are flagged only on the book channel, as on a stream.
    const isCrossed = this.parsed.kind === 'book' && body.reason === 'crossed';
    if (state === this.#state && isCrossed === this.#isCrossed) return [];
    this.#state = state;
    this.#isCrossed = isCrossed;
    return [{ type: 'channel-state', channel: this.id, state, since, reason }];
  }

  /** The feed currently has no book; the one delivered before is untrusted. */
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
    // A snapshot implies ok, unless the feed declares otherwise.
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
    // All trades after a closed candle belong to later candles.
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

  /** `subscribed` before the first value, and a reset before the first value in another grid (P13). */
  #begin(
    { instrument = this.#grid }: { readonly instrument?: ChannelInstrument },
    resumed?: Resumed,
  ): readonly DownMessage[] {
    const isOther = !isWrittenAlike(instrument, this.#grid);
    // A response names its grid; base and quote come from the instrument list.
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
