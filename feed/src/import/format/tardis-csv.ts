/*
 * Tardis CSV: `incremental_book_L2` (one row per level), `trades` and `quotes`, columns named by the header, times in
 * microseconds. Rows of one message are consecutive and share their `local_timestamp`, whatever each `timestamp` is;
 * the `is_snapshot` rows of one message are a whole book, which replaces the one before.
 * https://docs.tardis.dev/downloadable-csv-files
 */
import type { TextLevel } from '@tapedeck/market/book/text-level';

import { describeMarket } from '../../venue/binance/binance-market.ts';
import { RuledBook } from '../../venue/ruled-book.ts';
import type { VenueMarket } from '../../venue/venue-market.ts';
import { booleanOf, fieldsOf, isDecimal, isPrice, timeOfDigits } from '../read/csv-row.ts';
import type { LineReader, ParsedLine, RecordingFormat } from './recording-format.ts';
import { symbolChoice } from './symbol-choice.ts';

const COMMON = ['exchange', 'symbol', 'timestamp', 'local_timestamp'] as const;
/** The columns of each kind of file, in the order of the documentation. */
export const TARDIS_COLUMNS = {
  book: [...COMMON, 'is_snapshot', 'side', 'price', 'amount'],
  trades: [...COMMON, 'id', 'side', 'price', 'amount'],
  quotes: [...COMMON, 'ask_amount', 'ask_price', 'bid_price', 'bid_amount'],
} as const;
type Kind = keyof typeof TARDIS_COLUMNS;

/** Tardis's names of exchanges whose venue has another name here. */
const VENUES: Readonly<Record<string, string>> = {
  'binance-futures': 'binance-usdm',
  'binance-delivery': 'binance-coinm',
  okex: 'okx',
  'okex-swap': 'okx',
  'okex-futures': 'okx',
};

/** Tardis's name for a venue. */
export function tardisExchangeOf(venue: string): string {
  return Object.keys(VENUES).find((name) => VENUES[name] === venue) ?? venue;
}

/** One market per file. */
export const tardisFormat: RecordingFormat = {
  name: 'tardis-csv',
  order: 'by-time',

  recognises: (lines) => kindOf(lines[0] ?? '') !== undefined,

  marketsOf(lines) {
    const columns = columnsOf(lines[0] ?? '', 'book');
    const found = new Map<string, VenueMarket>();
    for (const line of lines) {
      const fields = fieldsOf(line);
      const [exchange = '', symbol = '', time] = columns.map((column) => fields[column]);
      if (timeOfDigits(time) === undefined || found.has(symbol)) continue;
      found.set(symbol, describeMarket(symbol, VENUES[exchange] ?? exchange));
    }
    return [...found.values()];
  },

  marketOf(symbol) {
    const { market, venue = 'tardis' } = symbolChoice(symbol);
    return describeMarket(market, venue);
  },

  reader: () => new TardisReader(),

  book: () => new RuledBook({ wholeBooksAlone: true }),
};

/** By the header, or by the form of the first row if there is none. */
function kindOf(line: string): Kind | undefined {
  const fields = fieldsOf(line);
  for (const kind of Object.keys(TARDIS_COLUMNS) as Kind[]) {
    if (TARDIS_COLUMNS[kind].every((name) => fields.includes(name))) return kind;
  }
  if (fields.length !== 8 || timeOfDigits(fields[2]) === undefined) return undefined;
  if (timeOfDigits(fields[3]) === undefined) return undefined;
  const [, , , , fifth = '', side = ''] = fields;
  if (/^(bid|ask)$/.test(side) && booleanOf(fifth) !== undefined) return 'book';
  if (/^(buy|sell|unknown)$/.test(side)) return 'trades';
  return fields.slice(4).every((each) => each === '' || isPrice(each)) ? 'quotes' : undefined;
}

function isHeader(line: string): boolean {
  return fieldsOf(line).includes('exchange');
}

/** Where each column is: by the header, or in the order of the documentation. */
function columnsOf(line: string, kind: Kind): readonly number[] {
  const header = fieldsOf(line);
  return TARDIS_COLUMNS[kind].map((name, i) => (isHeader(line) ? header.indexOf(name) : i));
}

type Message = {
  readonly key: string;
  readonly market: string;
  readonly isSnapshot: boolean;
  eventTime: number;
  readonly receiveText: string;
  readonly receiveTime: number;
  readonly bids: TextLevel[];
  readonly asks: TextLevel[];
};

class TardisReader implements LineReader {
  #kind: Kind | undefined;
  #columns: readonly number[] = [];
  #message: Message | undefined;
  /** `local_timestamp` of the previous row. */
  #receiveText = '';
  /** A lost row may have belonged to the current snapshot, which is then incomplete. */
  #isSpoilt = false;

  read(line: string): readonly ParsedLine[] {
    if (this.#kind === undefined) {
      const kind = kindOf(line);
      if (kind === undefined) return [{ kind: 'bad-line', detail: 'neither header nor row' }];
      this.#kind = kind;
      this.#columns = columnsOf(line, kind);
      if (isHeader(line)) return [];
    }
    const fields = fieldsOf(line);
    const values = this.#columns.map((column) => fields[column]);
    const [exchange, market, timestamp, receiveText, ...rest] = values;
    const eventTime = timeOfDigits(timestamp);
    const receiveTime = timeOfDigits(receiveText);
    if (market === undefined || eventTime === undefined || receiveTime === undefined)
      return this.#bad(line);
    const place = { receiveText: receiveText ?? '', receiveTime, market };
    if (this.#kind === 'quotes') return [{ kind: 'event', ...place, event: { type: 'quote' } }];
    const [fifth, side, price, amount] = rest;
    if (!isPrice(price) || !isDecimal(amount)) return this.#bad(line);
    if (this.#kind === 'book') {
      const isSnapshot = booleanOf(fifth);
      if (isSnapshot === undefined || (side !== 'bid' && side !== 'ask')) return this.#bad(line);
      return this.#row(side, [price, amount], { ...place, isSnapshot, eventTime });
    }
    return [
      this.#trade({ ...place, eventTime }, exchange ?? '', [fifth ?? '', side, price, amount]),
    ];
  }

  #trade(
    at: Pick<Message, 'market' | 'receiveText' | 'receiveTime' | 'eventTime'>,
    exchange: string,
    [text, side, price, size]: readonly [string, string | undefined, string, string],
  ): ParsedLine {
    const { eventTime, ...place } = at;
    if (side !== 'buy' && side !== 'sell') {
      const kind = side === 'unknown' ? 'unknown-trade-type' : 'bad-line';
      const detail = `trade ${text} has side ${side}`;
      return { kind, detail, receiveText: place.receiveText, isTape: true };
    }
    // Only Binance is known to number its trades without gaps.
    const isCounted = exchange.startsWith('binance') && /^\d{1,15}$/.test(text);
    const id = isCounted ? Number(text) : undefined;
    const event = { type: 'trade', id, eventTime, price, size, aggressor: side } as const;
    return { kind: 'event', ...place, event: { ...event, kind: 'MARKET' } };
  }

  /** Collects the rows of a message; returns the previous message when another begins. */
  #row(
    side: 'bid' | 'ask',
    level: TextLevel,
    at: Omit<Message, 'key' | 'bids' | 'asks'>,
  ): readonly ParsedLine[] {
    const before = this.#receiveText;
    this.#receiveText = at.receiveText;
    if (at.isSnapshot && at.receiveText.length === before.length && at.receiveText < before) {
      // The rows of one book, separated: no part of it is a whole book.
      this.#isSpoilt = true;
      const detail = `received at ${at.receiveText}, after ${before}`;
      const lost = { kind: 'time-backwards', detail } as const;
      return this.#message?.isSnapshot === true ? [lost] : [...this.end(), lost];
    }
    const key = `${String(at.isSnapshot)} ${at.market} ${at.receiveText}`;
    const done = this.#message?.key === key ? [] : this.end();
    if (!at.isSnapshot) this.#isSpoilt = false;
    this.#message ??= { key, ...at, bids: [], asks: [] };
    // Nothing of a message may be shown before its last row has happened.
    this.#message.eventTime = Math.max(this.#message.eventTime, at.eventTime);
    this.#message[side === 'bid' ? 'bids' : 'asks'].push(level);
    return done;
  }

  end(): readonly ParsedLine[] {
    const message = this.#message;
    this.#message = undefined;
    if (message === undefined) return [];
    if (message.isSnapshot && this.#isSpoilt) {
      this.#isSpoilt = false;
      return [];
    }
    const { isSnapshot, eventTime, bids, asks, market, receiveText, receiveTime } = message;
    const place = { market, receiveText, receiveTime };
    const event = isSnapshot
      ? ({ type: 'snapshot', updateId: 0, eventTime, bids, asks } as const)
      : ({ type: 'diff', ...NO_IDS, eventTime, bids, asks } as const);
    return [{ kind: 'event', ...place, event }];
  }

  /** What was collected before the row is returned before it: the loss affects the book after that. */
  #bad(line: string): readonly ParsedLine[] {
    const isTape = this.#kind !== 'book';
    const detail = `not a row of ${this.#kind}: ${line.slice(0, 80)}`;
    const bad = { kind: 'bad-line', detail, isTape } as const;
    if (isTape) return [bad];
    if (line.includes(',false,')) return [...this.end(), bad];
    this.#isSpoilt = true;
    return this.#message?.isSnapshot === true ? [bad] : [...this.end(), bad];
  }
}

const NO_IDS = { firstId: 0, lastId: 0, previousId: undefined } as const;
