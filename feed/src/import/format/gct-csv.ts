/*
 * CSV of GoCryptoTrader, without header, times in seconds, the market in the file name:
 *
 *   binance_BTCUSDT_24h_2019_01_01_2020_01_01.csv    time,volume,open,high,low,close
 *   binance_BTCUSDT_24h-trades_2020_11_16.csv        time,price,amount,side
 *
 * Its candles have neither buy volume nor number of trades: both are 0 here. Trades with side ANY have no known
 * aggressor: they are reported and left out. https://github.com/thrasher-corp/gocryptotrader
 */
import { CANDLE_INTERVALS, type CandleInterval, INTERVAL_MS } from '@tapedeck/market/tape/candle';

import { BinanceBook } from '../../venue/binance/binance-book.ts';
import { describeMarket } from '../../venue/binance/binance-market.ts';
import type { VenueEvent } from '../../venue/venue-event.ts';
import { fieldsOf, isDecimal, timeOfDigits } from '../read/csv-row.ts';
import type { ParsedLine, RecordingFormat } from './recording-format.ts';
import { symbolChoice } from './symbol-choice.ts';

const NAME = /^([a-z0-9]+)_([A-Z0-9]+(?:-[A-Z0-9]+)?)_/;
const INTERVAL = /_(\d+)(s|m|h|d)_/;
const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SIDES: ReadonlySet<string> = new Set(['ANY', 'BUY', 'SELL', 'BID', 'ASK', 'UNKNOWN']);

/** One market per file; no books. */
export const gctCsvFormat: RecordingFormat = {
  name: 'gct-csv',
  order: 'in-turn',

  recognises(lines) {
    const like = lines.filter((line) => kindOf(fieldsOf(line)) !== undefined).length;
    // No header and hardly a name to go by: nearly every line must match.
    return like > 0 && like >= lines.length * 0.9;
  },

  marketsOf(_, file) {
    const [, venue, market] = NAME.exec(file) ?? [];
    return venue === undefined || market === undefined ? [] : [describeMarket(market, venue)];
  },

  marketOf(symbol) {
    const { market, venue = 'binance' } = symbolChoice(symbol);
    return describeMarket(market, venue);
  },

  reader: () => ({ read: readRow }),

  book: () => new BinanceBook(),
};

function kindOf(fields: readonly string[]): 'trade' | 'candle' | undefined {
  const [time = '', ...rest] = fields;
  if (!/^\d{10}$/.test(time)) return undefined;
  if (rest.length === 3) return SIDES.has(rest[2]?.toUpperCase() ?? '') ? 'trade' : undefined;
  return rest.length === 5 && rest.every((field) => isDecimal(field)) ? 'candle' : undefined;
}

function readRow(line: string, file: string): ParsedLine {
  const fields = fieldsOf(line);
  const time = timeOfDigits(fields[0]) ?? 0;
  const kind = kindOf(fields);
  if (kind === undefined) return bad(`not a row of trades or candles: ${line.slice(0, 80)}`);
  const [, first = '', second = '', third = '', fourth = '', fifth = ''] = fields;
  if (kind === 'candle') {
    const interval = intervalOf(file);
    if (interval === undefined) return bad('the file name has no known interval');
    const prices = { open: second, high: third, low: fourth, close: fifth };
    const rest = { volume: first, buyVolume: '0', trades: 0 };
    return said(time, { type: 'candle', interval, openTime: time, ...prices, ...rest });
  }
  if (!isDecimal(first) || !isDecimal(second)) return bad(`not a trade: ${line.slice(0, 80)}`);
  const side = third.toUpperCase();
  const buys = side === 'BUY' || side === 'BID';
  if (!buys && side !== 'SELL' && side !== 'ASK')
    return {
      kind: 'unknown-trade-type',
      detail: `a trade with side ${third}: its aggressor is unknown`,
    };
  return said(time, {
    type: 'trade',
    id: undefined,
    eventTime: time,
    price: first,
    size: second,
    aggressor: buys ? 'buy' : 'sell',
    kind: 'MARKET',
  });
}

function intervalOf(file: string): CandleInterval | undefined {
  const [, count, unit = ''] = INTERVAL.exec(file) ?? [];
  const lengthMs = Number(count) * (UNIT_MS[unit] ?? 0);
  return CANDLE_INTERVALS.find((interval) => INTERVAL_MS[interval] === lengthMs);
}

/** The file has event times but no receive times. */
function said(receiveTime: number, event: VenueEvent): ParsedLine {
  return { kind: 'event', receiveText: undefined, receiveTime, market: undefined, event };
}

function bad(detail: string): ParsedLine {
  return { kind: 'bad-line', detail };
}
