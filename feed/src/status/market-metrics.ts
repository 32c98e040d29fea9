import type { MarketEngine } from '../engine/market-engine.ts';
import type { SymbolMarket } from '../engine/symbol-market.ts';
import type { ResyncTally } from '../stream/gateway/resync-tally.ts';
import type { Labelled, MetricShelf } from './metric-shelf.ts';

/** Books and tapes, by symbol. */
export type MarketSources = {
  readonly engine: MarketEngine;
  readonly resyncs: ResyncTally;
};

/** Returns a function that stops listening to the engine. */
export function marketMetrics(shelf: MetricShelf, { engine, resyncs }: MarketSources): () => void {
  const each = (valueOf: (market: SymbolMarket) => number) => (): Labelled =>
    engine.markets().map((market) => [market.symbol, valueOf(market)]);
  const countEach = (name: string, help: string, valueOf: (market: SymbolMarket) => number): void =>
    shelf.countOf(name, help, ['symbol'], () =>
      engine.markets().map((market) => [[market.symbol], valueOf(market)]),
    );
  countEach('book_updates_total', 'Book changes', (of) => of.deltaCount);
  countEach('trades_total', 'Trades', (of) => of.tradeCount);
  countEach('crossed_total', 'Times the book became crossed or locked', (of) => of.crossedCount);
  shelf.countOf(
    'resyncs_total',
    'Resyncs requested by clients, by reason',
    ['symbol', 'reason'],
    () => resyncs.byReason(),
  );
  shelf.gaugeOf(
    'market_ok',
    '1 while the book is ok',
    'symbol',
    each((of) => (of.state === 'ok' ? 1 : 0)),
  );
  shelf.gaugeOf(
    'market_crossed',
    '1 while the book is crossed or locked',
    'symbol',
    each((of) => (of.isCrossed ? 1 : 0)),
  );
  shelf.gauge(
    'stale_markets',
    'Markets whose book is stale',
    () => engine.markets().filter(({ state }) => state === 'stale').length,
  );
  shelf.gaugeOf(
    'last_event_timestamp_seconds',
    'Market time of the newest event',
    'symbol',
    each((of) => of.lastEventTime / 1_000),
  );
  const gaps = shelf.counter('gaps_total', 'Gaps, silences and resets of the source', [
    'symbol',
    'reason',
  ]);
  const checksums = shelf.counter('checksum_failures_total', 'Source books with a wrong checksum', [
    'symbol',
  ]);
  return engine.listen({
    state: ({ symbol, state, reason }) => {
      if (state === 'stale') gaps.inc({ symbol, reason });
    },
    reset: ({ symbol }, reason) => {
      gaps.inc({ symbol, reason });
      if (reason === 'checksum') checksums.inc({ symbol });
    },
  });
}
