import { BinanceBook } from '../../venue/binance/binance-book.ts';
import { parseBinanceFrame } from '../../venue/binance/binance-frame.ts';
import { describeMarket } from '../../venue/binance/binance-market.ts';
import { readBinanceTrades } from '../../venue/binance/binance-trades.ts';
import { BinanceScanner } from './binance-scanner.ts';
import type { ParsedLine, RecordingFormat } from './recording-format.ts';
import { symbolChoice } from './symbol-choice.ts';

/** Receive times by their number of digits: s, ms, us, ns since the epoch, until the year 2286. */
const DIGITS_OF_SECONDS = 10;
const DIGITS_OF_MS = 13;
const TIME_DIGITS: ReadonlySet<number> = new Set([10, 13, 16, 19]);
const LINE = /^(\d{10,19})[ \t]+([{[].*)$/s;
const SHOWN_CHARACTERS = 60;
const COIN_MARGINED = /USD_(PERP|\d{6})$/;

/**
 * A collector's recording: each line is a local receive time and the venue's raw frame, with REST snapshots inline.
 */
export const binanceCollectorFormat: RecordingFormat = {
  name: 'collector-binance',
  order: 'in-turn',

  recognises(lines) {
    const read = lines.filter((line) => line !== '');
    const understood = read.filter((line) => parseCollectorLine(line).kind === 'event').length;
    return understood > 0 && understood * 2 >= read.length;
  },

  marketsOf(lines) {
    const counts = new Map<string, number>();
    let futures = false;
    for (const line of lines) {
      const parsed = parseCollectorLine(line);
      if (parsed.kind !== 'event') continue;
      // `pu`, `X` and a time in the snapshot identify futures frames.
      const { event } = parsed;
      futures ||= event.type === 'diff' && event.previousId !== undefined;
      futures ||= event.type === 'snapshot' && event.eventTime !== undefined;
      // Aggregates have no `X`; spot ones have the "best match" flag.
      futures ||=
        event.type === 'trade' &&
        (event.firstId === undefined ? line.includes('"X":') : !line.includes('"M":'));
      futures ||= event.type === 'ticker' && line.includes('"e":"bookTicker"');
      if (parsed.market !== undefined)
        counts.set(parsed.market, (counts.get(parsed.market) ?? 0) + 1);
    }
    return [...counts]
      .toSorted((a, b) => b[1] - a[1])
      .map(([market]) => describeMarket(market, venueOf(market, futures)));
  },

  marketOf(symbol) {
    const { market, venue = 'binance' } = symbolChoice(symbol);
    return describeMarket(market, venue);
  },

  reader: () => ({ read: readCollectorLine }),

  scanner: ({ market }, grids) => BinanceScanner.for(market, grids),

  book: () => new BinanceBook(),
};

function venueOf(market: string, futures: boolean): string {
  if (!futures) return 'binance';
  return COIN_MARGINED.test(market) ? 'binance-coinm' : 'binance-usdm';
}

/** A line may be a response with trades that the collector had missed: an array of them. */
function readCollectorLine(line: string): ParsedLine | readonly ParsedLine[] {
  const space = line.indexOf(' ');
  const received = line[space + 1] === '[' ? receivedAt(line, space) : undefined;
  const trades = received && readBinanceTrades(line.slice(space + 1), '');
  if (received === undefined || trades === undefined || typeof trades === 'string')
    return parseCollectorLine(line);
  return trades.map((trade) => {
    const event = { ...trade, isPast: true };
    return { kind: 'event', ...received, market: undefined, event };
  });
}

function parseCollectorLine(line: string): ParsedLine {
  const space = line.indexOf(' ');
  const received = receivedAt(line, space);
  if (received === undefined)
    return {
      kind: 'bad-line',
      detail: `not "<receive time> <JSON>": ${JSON.stringify(line.slice(0, SHOWN_CHARACTERS))}`,
    };
  const frame = parseBinanceFrame(line.slice(space + 1));
  if (frame.kind !== 'event') return { ...frame, receiveText: received.receiveText };
  return { kind: 'event', ...received, market: frame.symbol, event: frame.event };
}

function receivedAt(line: string, space: number) {
  const receiveText = line.slice(0, space);
  if (!LINE.test(line.slice(0, space + 2)) || !TIME_DIGITS.has(receiveText.length))
    return undefined;
  const receiveTime =
    receiveText.length === DIGITS_OF_SECONDS
      ? Number(receiveText) * 1_000
      : Number(receiveText.slice(0, DIGITS_OF_MS));
  return { receiveText, receiveTime };
}
