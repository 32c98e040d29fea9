/* Trades by request: rows of `historicalTrades` or `aggTrades`, which do not name their market. */
import { type Fields } from '../dump-venue.ts';
import { beginningOf, jsonOf, objectsOf } from '../json-fields.ts';
import type { VenueTrade } from '../venue-event.ts';
import { parseBinanceFields } from './binance-frame.ts';

/** Text if it is not a list of trades: what is wrong with it. Never throws. */
export function readBinanceTrades(text: string, market: string): readonly VenueTrade[] | string {
  const rows = objectsOf(jsonOf(text));
  if (rows === undefined) return `no list of trades: ${beginningOf(text)}`;
  const trades: VenueTrade[] = [];
  for (const row of rows) {
    const frame = parseBinanceFields(asFrame(row, market), '');
    if (frame.kind !== 'event' || frame.event.type !== 'trade')
      return `a trade that cannot be read: ${beginningOf(JSON.stringify(row))}`;
    trades.push(frame.event);
  }
  return trades;
}

/** Only rows of aggregates have a number `a` of their own. */
function asFrame(row: Fields, market: string): Fields {
  if ('a' in row) return { ...row, e: 'aggTrade', s: market };
  const { id, price, qty, time, isBuyerMaker } = row;
  return { e: 'trade', s: market, t: id, p: price, q: qty, T: time, m: isBuyerMaker };
}
