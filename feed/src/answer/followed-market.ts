/*
 * Following a market by polling (P32): its tape from a position on, and the tickers of many symbols in one response.
 */
import type { Grid } from '@tapedeck/market/grid/grid';
import type { Trade } from '@tapedeck/market/tape/trade';
import type { TickersBody, TradesBody } from '@tapedeck/market/wire/http';
import { epochSchema } from '@tapedeck/market/wire/primitive';

import type { MarketEngine } from '../engine/market-engine.ts';
import { standingOf } from '../engine/market-standing.ts';
import type { SymbolMarket } from '../engine/symbol-market.ts';
import { tickerOf } from '../engine/ticker.ts';
import type { Since } from '../stream/channel/stream-channel.ts';
import { resumeTrades, type TradeArchive } from '../stream/channel/trade-resume.ts';
import { ApiError, POSITION } from './api-error.ts';
import { gridBody } from './market-world.ts';

/** `since` of a query as a position; no other field may accompany it. @throws ApiError naming the field that does. */
export function sinceOf(query: {
  readonly since?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly cursor?: string | undefined;
}): Since | undefined {
  const { since, from, to, cursor } = query;
  if (since === undefined) return undefined;
  const other = Object.entries({ from, to, cursor }).find(([, value]) => value !== undefined);
  if (other !== undefined)
    throw new ApiError('badRequest', `${other[0]}: "${other[1]}" cannot be given with since`);
  const [, epoch, sequence] = POSITION.exec(since) ?? [];
  if (epoch === undefined || !epochSchema.safeParse(epoch).success)
    throw new ApiError('badRequest', `since: "${since}" is not EPOCH:SEQUENCE`);
  return { epoch, sequence: Number(sequence) };
}

/**
 * The trades after `since`, oldest first, at most `limit`. If a response has `limit` trades there may be more: the
 * client asks again with the response's `epoch` and `sequence` as `since`. Without a position, or with one of another
 * epoch, the newest trades.
 */
export function followedTrades(
  market: SymbolMarket,
  options: {
    readonly since: Since | undefined;
    readonly limit: number;
    readonly archive: TradeArchive | undefined;
  },
): TradesBody {
  const { since, limit, archive } = options;
  const resumed = resumeTrades(market, market.tradeSequence, since, archive);
  const all = resumed?.trades ?? market.trades.tail(limit);
  const trades = all.slice(0, limit);
  const isWhole = trades.length === all.length;
  const told = resumed?.resume ?? (since === undefined ? {} : { resume: 'none' as const });
  return {
    ...tradesBody(market.symbol, market.instrument, trades),
    epoch: market.tapeEpoch,
    sequence: isWhole ? market.tradeSequence : (trades.at(-1)?.sequence ?? 0),
    ...told,
    ...standingOf(market),
  };
}

/** `rows` are in ticks and lots of `grid`. */
export function tradesBody(
  symbol: string,
  grid: Grid | undefined,
  rows: readonly Trade[],
  next?: string,
): TradesBody {
  return {
    symbol,
    instrument: gridBody(symbol, grid),
    trades: rows.map((trade) => [
      trade.sequence,
      trade.eventTime,
      trade.priceTicks,
      trade.sizeLots,
      trade.aggressor,
    ]),
    ...(next === undefined ? {} : { next }),
  };
}

/** @throws ApiError for a symbol that this engine does not have. */
export function tickersBody(
  engine: MarketEngine,
  symbols: readonly string[] | undefined,
): TickersBody {
  const markets = symbols?.map((symbol) => {
    const market = engine.market(symbol);
    if (market === undefined) throw new ApiError('unknown', `symbols: unknown symbol ${symbol}`);
    return market;
  });
  return {
    tickers: (markets ?? engine.markets()).map((market) => ({
      symbol: market.symbol,
      instrument: gridBody(market.symbol, market.instrument),
      epoch: market.tapeEpoch,
      ...standingOf(market),
      ...tickerOf(market),
    })),
  };
}
