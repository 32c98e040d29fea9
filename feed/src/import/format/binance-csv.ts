/*
 * Binance's public CSV: `trades`, `aggTrades` and `klines`, with header (futures) or without (spot), times in ms or,
 * for spot since 2025, in us. The rows do not name their market; the file name does
 * (`ETHUSDT-trades-2024-08-08.csv`).
 * https://github.com/binance/binance-public-data
 */
import { CANDLE_INTERVALS, type CandleInterval, INTERVAL_MS } from '@tapedeck/market/tape/candle';

import { BinanceBook } from '../../venue/binance/binance-book.ts';
import { describeMarket } from '../../venue/binance/binance-market.ts';
import type { VenueEvent } from '../../venue/venue-event.ts';
import { booleanOf, fieldsOf, isDecimal, timeOfDigits } from '../read/csv-row.ts';
import { archiveMarket, archiveQuestion, marketAt } from './binance-archive.ts';
import type { LineReader, ParsedLine, RecordingFormat } from './recording-format.ts';
import { symbolChoice } from './symbol-choice.ts';

type Kind = 'trades' | 'aggTrades' | 'klines';

/** Candles of prices that are not trades, in files named like those of trades. */
const OTHER_CANDLES = /[\\/](markPriceKlines|indexPriceKlines|premiumIndexKlines)[\\/]/i;
const NOTHING = /^-?0*(\.0*)?$/;
const NO_FILE = { lines: [], file: '', path: '' };
/** By milliseconds from open to close. */
const INTERVALS: ReadonlyMap<number, CandleInterval> = new Map(
  CANDLE_INTERVALS.map((interval) => [INTERVAL_MS[interval], interval]),
);

/** One market per file; no books. */
export const binanceCsvFormat: RecordingFormat = {
  name: 'binance-csv',
  order: 'in-turn',

  recognises: (lines) => kindOf(lines[0] ?? '') !== undefined,

  marketsOf(lines, file, path = file) {
    const market = archiveMarket({ lines, file, path });
    return market === undefined ? [] : [market];
  },

  marketOf(symbol, { lines, file, path } = NO_FILE) {
    const { market, venue } = symbolChoice(symbol);
    return venue === undefined
      ? marketAt(market, { lines, file, path })
      : describeMarket(market, venue);
  },

  question(lines, file, path) {
    const others = OTHER_CANDLES.exec(path)?.[1];
    if (others !== undefined) return `${others} are not candles of trades, and are not supported`;
    return archiveQuestion({ lines, file, path });
  },

  reader: () => new BinanceCsvReader(),

  book: () => new BinanceBook(),
};

function kindOf(line: string): Kind | undefined {
  const fields = fieldsOf(line);
  if (fields[0] === 'id' && fields.includes('is_buyer_maker')) return 'trades';
  if (fields[0] === 'agg_trade_id') return 'aggTrades';
  if (fields[0] === 'open_time') return 'klines';
  const isId = /^\d{1,15}$/.test(fields[0] ?? '');
  if (isId && timeOfDigits(fields[4]) !== undefined && booleanOf(fields[5]) !== undefined)
    return fields.length === 6 || fields.length === 7 ? 'trades' : undefined;
  if (isId && timeOfDigits(fields[5]) !== undefined && booleanOf(fields[6]) !== undefined)
    return fields.length === 7 || fields.length === 8 ? 'aggTrades' : undefined;
  const isKline = fields.length === 12 && timeOfDigits(fields[0]) !== undefined;
  return isKline && timeOfDigits(fields[6]) !== undefined ? 'klines' : undefined;
}

class BinanceCsvReader implements LineReader {
  #kind: Kind | undefined;

  read(line: string): ParsedLine | readonly ParsedLine[] {
    if (this.#kind === undefined) {
      this.#kind = kindOf(line);
      if (/^[a-z]/.test(line)) return [];
    }
    const fields = fieldsOf(line);
    if (this.#kind === 'klines') return klineOf(fields, line);
    const timeAt = this.#kind === 'trades' ? 4 : 5;
    const event = tradeOf(fields, timeAt);
    if (event === undefined) return bad(this.#kind, line);
    return said(event.eventTime, event);
  }
}

function tradeOf(
  fields: readonly string[],
  timeAt: number,
): (VenueEvent & { readonly type: 'trade' }) | undefined {
  const [id = '', price, size, quote] = fields;
  const eventTime = timeOfDigits(fields[timeAt]);
  const buyerIsMaker = booleanOf(fields[timeAt + 1]);
  if (!/^\d{1,15}$/.test(id) || !isDecimal(price) || !isDecimal(size)) return undefined;
  if (eventTime === undefined || buyerIsMaker === undefined) return undefined;
  const aggressor = buyerIsMaker ? 'sell' : 'buy';
  const trade = { type: 'trade', eventTime, price, size, aggressor, kind: 'MARKET' } as const;
  if (timeAt === 4) {
    // The quote is price times size, of inverse contracts size over price: neither comes of a price of nothing.
    const isOfNothing = NOTHING.test(price) && isDecimal(quote) && !NOTHING.test(quote);
    return isOfNothing ? undefined : { ...trade, id: Number(id) };
  }
  const [, , , first = '', last = ''] = fields;
  // An aggregate is identified by its trades: two aggregates may have the same id.
  if (!/^\d{1,15}$/.test(first) || !/^\d{1,15}$/.test(last)) return undefined;
  return { ...trade, firstId: Number(first), id: Number(last) };
}

function klineOf(fields: readonly string[], line: string): ParsedLine | readonly ParsedLine[] {
  const [, open, high, low, close, volume, , , count = '', buyVolume] = fields;
  const openTime = timeOfDigits(fields[0]);
  const closeTime = timeOfDigits(fields[6]);
  if (openTime === undefined || closeTime === undefined || !/^\d+$/.test(count))
    return bad('klines', line);
  if (!isDecimal(open) || !isDecimal(high) || !isDecimal(low) || !isDecimal(close))
    return bad('klines', line);
  if (!isDecimal(volume) || !isDecimal(buyVolume)) return bad('klines', line);
  const lengthMs = closeTime - openTime + 1;
  const interval = INTERVALS.get(lengthMs);
  if (interval === undefined)
    return {
      kind: 'unknown-stream',
      detail: `a candle of ${lengthMs} ms: supported are ${CANDLE_INTERVALS.join(', ')}`,
    };
  const numbers = { open, high, low, close, volume, buyVolume, trades: Number(count) };
  return said(openTime, { type: 'candle', interval, openTime, ...numbers, isComplete: true });
}

/** The archive has event times but no receive times. */
function said(receiveTime: number, event: VenueEvent): ParsedLine {
  return { kind: 'event', receiveText: undefined, receiveTime, market: undefined, event };
}

function bad(kind: Kind | undefined, line: string): ParsedLine {
  return { kind: 'bad-line', detail: `not a row of ${kind}: ${line.slice(0, 80)}` };
}
