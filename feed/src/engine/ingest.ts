import type { BookDelta } from '@tapedeck/market/book/book-delta';
import type { MarketState } from '@tapedeck/market/instrument/instrument';
import type { MarketEvent, MarketSink } from '@tapedeck/market/instrument/market-event';

import type { MarketEngine } from './market-engine.ts';
import type { SymbolMarket } from './symbol-market.ts';

/**
 * Numbers a source's events and passes them to the engine: +1 for each book update and for each trade of a symbol.
 * Headlines and status events bypass the books. An event of an unannounced symbol is counted, not guessed.
 */
export class Ingest {
  readonly #engine: MarketEngine;
  readonly #onOther: (event: MarketEvent & { readonly type: 'headline' | 'status' }) => void;
  #unknown = 0;

  constructor(
    engine: MarketEngine,
    onOther: (event: MarketEvent & { readonly type: 'headline' | 'status' }) => void,
  ) {
    this.#engine = engine;
    this.#onOther = onOther;
  }

  /** Events of unannounced symbols. */
  get unknownCount(): number {
    return this.#unknown;
  }

  readonly sink: MarketSink = (event) => {
    if (event.type === 'instrument') {
      this.#engine.setInstrument(event.instrument);
      return;
    }
    if (event.type === 'headline' || event.type === 'status') {
      this.#onOther(event);
      return;
    }
    const market = this.#engine.market(event.symbol);
    if (market === undefined) {
      this.#unknown++;
      return;
    }
    switch (event.type) {
      case 'update':
        this.#update(market, event);
        break;
      case 'trade':
        this.#engine.addTrade(market, {
          sequence: market.tradeSequence + 1,
          eventTime: event.eventTime,
          priceTicks: event.priceTicks,
          sizeLots: event.sizeLots,
          aggressor: event.aggressor,
        });
        break;
      case 'snapshot':
        this.#engine.applySnapshot(market, { ...event, sequence: market.book.sequence + 1 });
        break;
      case 'state':
        if (event.state === 'syncing') this.#engine.reset(market, event.reason);
        else {
          const { state, reason, eventTime } = event;
          this.#engine.setState(market, stateOf(market, state), reason, eventTime);
        }
        break;
    }
  };

  #update(market: SymbolMarket, event: Omit<BookDelta, 'previous' | 'sequence'>): void {
    if (!market.ready) {
      // A change of an unknown book: its result is in the snapshot to come.
      this.#unknown++;
      return;
    }
    const previous = market.book.sequence;
    this.#engine.applyDelta(market, {
      previous,
      sequence: previous + 1,
      eventTime: event.eventTime,
      receiveTime: event.receiveTime,
      bids: event.bids,
      asks: event.asks,
    });
  }
}

/** Without a book a market is not ok, whatever its source says (P16): it is syncing until the snapshot. */
function stateOf(market: SymbolMarket, said: MarketState): MarketState {
  return said === 'ok' && !market.ready ? 'syncing' : said;
}
