import type { Cancel } from '@tapedeck/market/clock';

import type { MarketEngine } from '../engine/market-engine.ts';
import type { SymbolMarket } from '../engine/symbol-market.ts';
import type { Bus } from './bus.ts';

/** Puts everything that happens in an engine on a bus, and a whole book where one is wanted. */
export function publishMarkets(engine: MarketEngine, bus: Bus): Cancel {
  const book = (market: SymbolMarket): void => {
    const { symbol, epoch, instrument, state, reason } = market;
    const snapshot = market.book.snapshot();
    bus.publish({ type: 'snapshot', symbol, epoch, snapshot, instrument, state, reason });
  };
  const off = [
    engine.listen({
      instrument: ({ symbol, epoch, instrument }) =>
        bus.publish({ type: 'instrument', symbol, epoch, instrument }),
      delta: ({ symbol, epoch }, delta) => bus.publish({ type: 'delta', symbol, epoch, delta }),
      trade: ({ symbol, epoch }, trade) => bus.publish({ type: 'trade', symbol, epoch, trade }),
      snapshot: book,
      state: ({ symbol, epoch, state, reason }) =>
        bus.publish({ type: 'state', symbol, epoch, state, reason }),
      reset: ({ symbol, epoch, instrument }, reason) =>
        bus.publish({ type: 'reset', symbol, epoch, instrument, reason }),
      heard: ({ symbol, epoch }) => bus.publish({ type: 'heard', symbol, epoch }),
      ended: ({ symbol, epoch }) => bus.publish({ type: 'ended', symbol, epoch }),
    }),
    bus.subscribe((message) => {
      if (message.type !== 'wanted') return;
      const market = engine.market(message.symbol);
      if (market?.ready === true) book(market);
    }),
  ];
  return () => {
    for (const cancel of off) cancel();
  };
}
