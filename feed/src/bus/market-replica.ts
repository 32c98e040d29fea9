/*
 * The markets of a bus as an engine of one's own. What was heard before is ignored; a hole, or a life that began without
 * a word, makes the market `stale` until the whole book that is asked for at once: a copy is never wrong and `ok` (P16).
 */
import type { Cancel, Clock } from '@tapedeck/market/clock';

import { MarketEngine } from '../engine/market-engine.ts';
import type { CandleHistory, SymbolMarket } from '../engine/symbol-market.ts';
import type { Bus, BusMessage, MarketMessage } from './bus.ts';

export type ReplicaOptions = {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly candles: CandleHistory;
  /** Gives a market that is new here what was recorded before. */
  readonly seed: (market: SymbolMarket) => void;
};

export class MarketReplica {
  /** Who serves from it listens to it like to any engine; only the bus feeds it. */
  readonly engine: MarketEngine;
  readonly #bus: Bus;
  readonly #cancels: readonly Cancel[];
  /** Symbols whose book was asked for. */
  readonly #wanted = new Set<string>();
  #epoch = '';
  #gaps = 0;

  constructor({ bus, clock, candles, seed }: ReplicaOptions) {
    this.#bus = bus;
    // The lives have the names that their source gave them.
    this.engine = new MarketEngine({ clock, candles, nextEpoch: () => this.#epoch });
    this.#cancels = [
      this.engine.listen({ instrument: (market, isNew) => void (isNew && seed(market)) }),
      bus.subscribe((message) => this.#take(message)),
    ];
  }

  /** Holes in what came over the bus. */
  get gapCount(): number {
    return this.#gaps;
  }

  close(): void {
    for (const cancel of this.#cancels) cancel();
  }

  #take(message: BusMessage): void {
    if (message.type === 'wanted') return;
    this.#epoch = message.epoch;
    const market = this.engine.market(message.symbol);
    if (market === undefined) {
      // One that ended begins again with the `reset` that follows, which names its new life.
      if (message.type === 'ended' || message.type === 'heard' || this.#isTooSoon(message)) return;
      if ('instrument' in message) this.#begin(message);
      else this.#ask(message.symbol);
    } else this.#follow(market, message);
  }

  #isTooSoon({ type, symbol }: MarketMessage): boolean {
    return type === 'instrument' && this.engine.hasEnded(symbol);
  }

  /** A symbol that is new here, in the middle of its life or not. */
  #begin(
    message: Extract<MarketMessage, { readonly type: 'instrument' | 'snapshot' | 'reset' }>,
  ): void {
    const market = this.engine.setInstrument(message.instrument);
    if (message.type === 'snapshot') this.#follow(market, message);
  }

  #follow(market: SymbolMarket, message: MarketMessage): void {
    switch (message.type) {
      case 'instrument':
        // Another grid is another life: its `reset` follows.
        break;
      case 'delta':
        this.#apply(market, message);
        break;
      case 'trade':
        if (message.epoch !== market.epoch) this.#lose(market);
        else if (message.trade.sequence > market.tradeSequence)
          this.engine.addTrade(market, message.trade);
        break;
      case 'snapshot':
        this.#replace(market, message);
        break;
      case 'state':
        // Without the book that it is said of a state means nothing.
        if (message.epoch !== market.epoch || (message.state === 'ok' && !market.ready))
          this.#lose(market);
        else if (!this.#wanted.has(market.symbol))
          this.engine.setState(market, message.state, message.reason);
        break;
      case 'heard':
        if (message.epoch === market.epoch && !this.#wanted.has(market.symbol))
          this.engine.heard(market);
        break;
      case 'reset':
        if (message.epoch !== market.epoch) this.#reset(market, message);
        break;
      case 'ended':
        if (message.epoch !== market.epoch) break;
        this.#wanted.delete(market.symbol);
        this.engine.end(market);
        break;
    }
  }

  #apply(
    market: SymbolMarket,
    { epoch, delta }: Extract<MarketMessage, { readonly type: 'delta' }>,
  ): void {
    if (epoch !== market.epoch) this.#lose(market);
    else if (delta.previous === market.book.sequence && market.ready)
      this.engine.applyDelta(market, delta);
    else if (delta.sequence > market.book.sequence) this.#lose(market);
  }

  #replace(
    market: SymbolMarket,
    message: Extract<MarketMessage, { readonly type: 'snapshot' }>,
  ): void {
    const { epoch, instrument, snapshot, state, reason } = message;
    const isOld = snapshot.sequence <= market.book.sequence && !this.#wanted.has(market.symbol);
    if (epoch === market.epoch && market.ready && isOld) return;
    if (epoch !== market.epoch) this.#reset(market, { instrument, reason: 'upstream-gap' });
    this.#wanted.delete(market.symbol);
    this.engine.applySnapshot(market, snapshot);
    // A market that waited for this very book says by itself that it is ok.
    if (state !== 'syncing') this.engine.setState(market, state, reason);
  }

  #reset(
    market: SymbolMarket,
    {
      instrument,
      reason,
    }: Pick<Extract<MarketMessage, { readonly type: 'reset' }>, 'instrument' | 'reason'>,
  ): void {
    this.#wanted.delete(market.symbol);
    const { tickSize, lotSize } = market.instrument;
    // A new grid begins a new life by itself.
    if (tickSize !== instrument.tickSize || lotSize !== instrument.lotSize)
      this.engine.setInstrument(instrument);
    else this.engine.reset(market, reason);
  }

  #lose(market: SymbolMarket): void {
    if (!this.#wanted.has(market.symbol)) {
      this.#gaps++;
      if (market.ready) this.engine.setState(market, 'stale', 'upstream-gap');
    }
    this.#ask(market.symbol);
  }

  /** Asks once: whoever has the book answers, or a snapshot comes by itself. */
  #ask(symbol: string): void {
    if (this.#wanted.has(symbol)) return;
    this.#wanted.add(symbol);
    this.#bus.publish({ type: 'wanted', symbol });
  }
}
