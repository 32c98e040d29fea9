import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';
import { isWrittenAlike } from '@tapedeck/market/grid/grid';
import {
  type Instrument,
  isBookless,
  type MarketState,
  type StateReason,
} from '@tapedeck/market/instrument/instrument';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Trade } from '@tapedeck/market/tape/trade';
import type { Clock } from '@tapedeck/market/time/clock';

import { type OlderCandles, SymbolMarket } from './symbol-market.ts';

/**
 * What the engine reports to those that publish or record. Called synchronously after the engine's own state has
 * changed; a listener must not throw and must not feed the engine.
 */
export type MarketListener = {
  /** A numbered change of the full book. */
  readonly delta?: (market: SymbolMarket, delta: BookDelta) => void;
  /** The full book was replaced; a follower must take a snapshot. */
  readonly snapshot?: (market: SymbolMarket, snapshot: BookSnapshot) => void;
  readonly trade?: (market: SymbolMarket, trade: Trade) => void;
  /** A candle of the source is closed, where there are no trades. */
  readonly candle?: (market: SymbolMarket) => void;
  readonly state?: (market: SymbolMarket) => void;
  /** Its source is alive, though nothing has changed. */
  readonly heard?: (market: SymbolMarket) => void;
  /** The symbol's book started a new epoch, empty (P13). Its tape did too if it has the same epoch (P13c). */
  readonly reset?: (market: SymbolMarket, reason: StateReason) => void;
  /** A symbol is announced: for the first time, with another grid, or after its end. */
  readonly instrument?: (market: SymbolMarket, isNew: boolean) => void;
  /** The symbol has ended: it is no longer listed, and is `halted` with reason `delisted`. */
  readonly ended?: (market: SymbolMarket) => void;
};

/**
 * The books, tapes and candles of all symbols of one world: the live one, or a replay's. Everything that enters is
 * already numbered; the engine applies it and notifies its listeners, in order.
 */
export class MarketEngine {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly #candles: OlderCandles;
  readonly #markets = new Map<string, SymbolMarket>();
  /** Symbols that ended. If one is announced again it is the same object, so its followers continue to follow it. */
  readonly #ended = new Map<string, SymbolMarket>();
  readonly #listeners = new Set<MarketListener>();
  readonly #nextEpoch: (isFirst: boolean) => string;
  readonly #onAsked: ((market: SymbolMarket) => void) | undefined;

  constructor(options: {
    /** The clock of `since`. */
    readonly clock: Pick<Clock, 'now' | 'monotonic'>;
    /** Names a new epoch of a symbol; the first one may be the feed's own (P13). */
    readonly nextEpoch: (isFirst: boolean) => string;
    readonly candles: OlderCandles;
    /** Called with each market that is about to be read. */
    readonly onAsked?: ((market: SymbolMarket) => void) | undefined;
  }) {
    this.#clock = options.clock;
    this.#candles = options.candles;
    this.#nextEpoch = options.nextEpoch;
    this.#onAsked = options.onAsked;
  }

  listen(listener: MarketListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  market(symbol: string): SymbolMarket | undefined {
    const market = this.#markets.get(symbol);
    if (market !== undefined) this.#onAsked?.(market);
    return market;
  }

  /** All markets in the order of their announcement. */
  markets(): readonly SymbolMarket[] {
    const markets = [...this.#markets.values()];
    if (this.#onAsked !== undefined) for (const market of markets) this.#onAsked(market);
    return markets;
  }

  /** Announces a symbol, or changes its grid, which starts a new epoch of that symbol (P13). */
  setInstrument(instrument: Instrument): SymbolMarket {
    const ended = this.#ended.get(instrument.symbol);
    if (ended !== undefined) return this.#begin(ended, instrument);
    const known = this.#markets.get(instrument.symbol);
    if (known === undefined) {
      const market = new SymbolMarket(
        instrument,
        this.#nextEpoch(true),
        this.#clock.now(),
        this.#candles,
      );
      this.#markets.set(instrument.symbol, market);
      for (const listener of this.#listeners) listener.instrument?.(market, true);
      return market;
    }
    if (isWrittenAlike(known.instrument, instrument)) return known;
    known.changeInstrument(instrument);
    for (const listener of this.#listeners) listener.instrument?.(known, false);
    this.reset(known, 'tick-size');
    return known;
  }

  applySnapshot(market: SymbolMarket, snapshot: BookSnapshot): void {
    market.applySnapshot(snapshot);
    this.#came(market, snapshot.eventTime);
    for (const listener of this.#listeners) listener.snapshot?.(market, snapshot);
    if (market.state === 'syncing')
      this.setState(market, 'ok', 'upstream-reset', snapshot.eventTime);
  }

  applyDelta(market: SymbolMarket, delta: BookDelta): void {
    market.applyDelta(delta);
    this.#came(market, delta.eventTime);
    for (const listener of this.#listeners) listener.delta?.(market, delta);
  }

  tellCandle(market: SymbolMarket, end: EpochMs, close: number): void {
    market.tellCandle(end, close);
    for (const listener of this.#listeners) listener.candle?.(market);
  }

  addTrade(market: SymbolMarket, trade: Trade): void {
    market.addTrade(trade);
    market.time.came(trade.eventTime, this.#clock.monotonic());
    for (const listener of this.#listeners) listener.trade?.(market, trade);
  }

  /** The source confirms a market, though nothing has changed: a slow market is not a silent one. */
  heard(market: SymbolMarket): void {
    market.heard(this.#clock.now());
    market.sign(this.#clock.monotonic());
    for (const listener of this.#listeners) listener.heard?.(market);
  }

  /**
   * Nothing happens if the state is already set, but the reason why there is no book, or why it is halted, is always
   * updated. `eventTime`: the market's own time of the change, if known.
   */
  setState(
    market: SymbolMarket,
    state: MarketState,
    reason: StateReason,
    eventTime?: EpochMs,
  ): void {
    const isNews =
      market.state !== state ||
      (state === 'syncing' && isBookless(reason)) ||
      (state === 'halted' && market.reason !== reason);
    if (!isNews) return;
    market.setState(state, reason, this.#clock.now(), eventTime);
    this.#stated(market);
  }

  /** It has been in this state since a known time; nothing happens if all of that is known. */
  declare(
    market: SymbolMarket,
    { state, reason, since }: Pick<SymbolMarket, 'state' | 'reason' | 'since'>,
  ): void {
    if (market.state === state && market.reason === reason && market.since === since) return;
    market.setState(state, reason, since);
    this.#stated(market);
  }

  /** Its book changed, which is a sign of life. */
  #came(market: SymbolMarket, eventTime: EpochMs): void {
    const at = this.#clock.monotonic();
    market.sign(at);
    market.time.came(eventTime, at);
  }

  #stated(market: SymbolMarket): void {
    if (market.state !== 'ok') market.signs.interrupt();
    for (const listener of this.#listeners) listener.state?.(market);
  }

  /** A new epoch of the symbol's book: empty, `syncing` until a snapshot. */
  reset(market: SymbolMarket, reason: StateReason): void {
    market.reset(this.#nextEpoch(false), reason, this.#clock.now());
    market.signs.interrupt();
    for (const listener of this.#listeners) listener.reset?.(market, reason);
  }

  /**
   * Ends the symbol. Its followers keep what they have, as `halted` with reason `delisted`; nobody else finds it any
   * more. Announced again, it starts a new epoch for them all.
   */
  end(market: SymbolMarket): void {
    const { symbol } = market;
    if (market.state !== 'halted' || market.reason !== 'delisted') {
      market.setState('halted', 'delisted', this.#clock.now());
      for (const listener of this.#listeners) listener.state?.(market);
    }
    this.#markets.delete(symbol);
    this.#ended.set(symbol, market);
    for (const listener of this.#listeners) listener.ended?.(market);
  }

  /** Whether it was here and ended. */
  hasEnded(symbol: string): boolean {
    return this.#ended.has(symbol);
  }

  #begin(market: SymbolMarket, instrument: Instrument): SymbolMarket {
    this.#ended.delete(market.symbol);
    this.#markets.set(market.symbol, market);
    market.changeInstrument(instrument);
    for (const listener of this.#listeners) listener.instrument?.(market, false);
    this.reset(market, 'restart');
    return market;
  }
}
