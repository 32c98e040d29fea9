/* The trades of one live market, each sent to the sink once. If a stream stays silent, the next one is tried. */
import type { MarketSink } from '@tapedeck/market/instrument/market-event';
import { DecimalError } from '@tapedeck/market/number/decimal';
import { type Clock, later, type MonotonicMs } from '@tapedeck/market/time/clock';

import type { LiveStream, LiveVenue, TradeHole } from '../../venue/live-venue.ts';
import type { VenueTrade } from '../../venue/venue-event.ts';
import { ComparedTape } from './market/compared-tape.ts';
import type { LiveGrid } from './market/live-grid.ts';
import { type Tape, type TapeOutput, TradeTape } from './market/trade-tape.ts';

/** A stream without a trade after this time is resubscribed elsewhere; after a few tries, less and less often. */
const FIRST_MS = 6_000;
const QUICK_TRIES = 4;
const MOST_FIRST_MS = 600_000;
/** Trades buffered until the market's grid is known. */
const MAX_EARLY = 5_000;

export type TradesHost = {
  /** Requests the trades of a hole; undefined if there was no usable answer. */
  readonly missed: (
    hole: TradeHole,
    done: (events: readonly VenueTrade[] | undefined) => void,
  ) => void;
  /** Replaces the current trade stream with this one. */
  readonly tradesElsewhere: (stream: LiveStream) => void;
  readonly tell: (severity: 'info' | 'warning', message: string) => void;
  /** So many trades are missing for good. */
  readonly lost: (count: number) => void;
};

type TradesOptions = {
  readonly venue: LiveVenue;
  readonly market: string;
  readonly symbol: string;
  readonly clock: Clock;
  readonly sink: MarketSink;
  readonly host: TradesHost;
  /** Undefined until the market is announced. */
  readonly grid: () => LiveGrid | undefined;
  /** False if the book cannot be converted to that grid. */
  readonly refine: (grid: LiveGrid) => boolean;
};

export class SymbolTrades {
  readonly #options: TradesOptions;
  readonly #tape: Tape;
  readonly #streams: readonly [LiveStream, ...LiveStream[]];
  #at = 0;
  #early: VenueTrade[] = [];
  #deadline: MonotonicMs | undefined;
  #inVain = 0;

  constructor(options: TradesOptions) {
    this.#options = options;
    const { venue, market, symbol, clock, host } = options;
    this.#streams = venue.trades(market);
    const output: TapeOutput = {
      trade: (trade) => this.#say(trade),
      ask: (hole) => host.missed(hole, (events) => this.#tape.filled(events)),
      lost: (count) => {
        host.lost(count);
        host.tell(
          'warning',
          `${symbol}: ${count} trades are missing, and the venue has them no more`,
        );
      },
      unknown: (from, to, why) => {
        const [start, end] = [from, to].map((time) => new Date(time).toISOString());
        host.tell(
          'warning',
          `${symbol}: an unknown number of trades may be missing between ${start} and ${end}: ${why}`,
        );
      },
    };
    const { compareMs } = venue.missed;
    this.#tape =
      compareMs === undefined
        ? new TradeTape(market, clock, output)
        : new ComparedTape(market, clock, compareMs, output);
  }

  get stream(): LiveStream {
    return this.#streams[this.#at] ?? this.#streams[0];
  }
  linked(): void {
    this.#tape.linked();
    this.#arm();
  }

  /** A frame of the socket is missing: it may have been a trade. */
  doubt(): void {
    this.#tape.unlinked();
    this.#tape.linked();
  }

  unlinked(): void {
    this.#tape.unlinked();
    this.#deadline = undefined;
  }

  take(trade: VenueTrade): void {
    this.#deadline = undefined;
    this.#inVain = 0;
    this.#tape.take(trade);
  }

  /** The market has been announced: sends the buffered trades. */
  release(): void {
    const early = this.#early;
    this.#early = [];
    for (const trade of early) this.#say(trade);
  }

  /** The market ends. */
  finish(): void {
    this.#tape.finish();
  }

  tick(): void {
    this.#tape.tick();
    if (this.#deadline === undefined || this.#options.clock.monotonic() < this.#deadline) return;
    this.#inVain++;
    this.#at = (this.#at + 1) % this.#streams.length;
    // Armed again once the other socket is open: dialling is not the stream's silence.
    this.#deadline = undefined;
    this.#options.host.tradesElsewhere(this.stream);
  }

  /** Reports a trade whose price or size is not a number or exceeds the safe integers. */
  #uncounted({ price, size }: VenueTrade): void {
    const { host, symbol } = this.#options;
    host.lost(1);
    host.tell('warning', `${symbol}: 1 trades are missing: ${size} at ${price} cannot be counted`);
  }

  #arm(): void {
    const ms = Math.min(MOST_FIRST_MS, FIRST_MS * 2 ** Math.max(0, this.#inVain - QUICK_TRIES));
    this.#deadline = later(this.#options.clock.monotonic(), ms);
  }

  #say(trade: VenueTrade): void {
    const { grid: current, refine, sink, symbol, clock } = this.#options;
    const grid = current();
    if (grid === undefined) {
      if (this.#early.length < MAX_EARLY) this.#early.push(trade);
      return;
    }
    const { eventTime, aggressor, price, size } = trade;
    try {
      const priceTicks = grid.price.toUnits(price);
      const sizeLots = grid.lots(size);
      const receiveTime = clock.now();
      sink({ type: 'trade', symbol, eventTime, receiveTime, priceTicks, sizeLots, aggressor });
    } catch (error) {
      if (!(error instanceof DecimalError)) throw error;
      const finer = grid.refined(trade);
      if (finer !== undefined && refine(finer)) this.#say(trade);
      else this.#uncounted(trade);
    }
  }
}
