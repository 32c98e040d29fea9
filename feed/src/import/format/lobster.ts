/*
 * LOBSTER: a message file and an order book file; row k of the messages results in row k of the book. Prices are
 * integers of 1e-4 dollars, times seconds after midnight in New York, on the day in the file name. The book is a view
 * of a fixed number of levels: what leaves it is no longer known, what enters it existed before. A row that its
 * message does not explain contradicts the file itself: from there on the book is not known until rows and messages
 * agree again.
 * https://lobsterdata.com/info/DataStructure.php
 */
import type { TextLevel } from '@tapedeck/market/book/text-level';

import { RuledBook } from '../../venue/ruled-book.ts';
import type { VenueEvent } from '../../venue/venue-event.ts';
import type { VenueMarket } from '../../venue/venue-market.ts';
import { fieldsOf } from '../read/csv-row.ts';
import type { LineReader, ParsedLine, RecordingFormat } from './recording-format.ts';
import { symbolChoice } from './symbol-choice.ts';

const NAME = /^([A-Z0-9.-]+)_(\d{4})-(\d\d)-(\d\d)_(\d+_\d+)_(message|orderbook)_(\d+)/;
/** Changes of the view that must agree after a contradiction: one alone may agree by chance. */
const AGREEING = 2;
const DECIMALS = 4;
/** The price of a level that does not exist. */
const EMPTY_PRICE = 9_999_999_999;
const MESSAGE = /^\d+\.?\d*,[1-7],\d+,\d+,-?\d+,-?1$/;

type Message = {
  readonly time: number;
  readonly type: number;
  readonly size: number;
  readonly price: number;
  /** 1: a buy order. */
  readonly direction: number;
};
type Row = { readonly bids: Map<number, number>; readonly asks: Map<number, number> };

/** One market in two files. */
export const lobsterFormat: RecordingFormat = {
  name: 'lobster',
  order: 'in-step',

  recognises(lines, file) {
    const [first = ''] = lines;
    if (MESSAGE.test(first)) return NAME.test(file);
    const fields = fieldsOf(first);
    return (
      NAME.test(file) && fields.length % 4 === 0 && fields.every((each) => /^-?\d+$/.test(each))
    );
  },

  marketsOf(_, file) {
    const market = NAME.exec(file)?.[1];
    return market === undefined ? [] : [describe(market)];
  },

  marketOf: (symbol) => describe(symbolChoice(symbol).market),

  pairFault,

  reader: (file) => new LobsterReader(file),

  book: () => new RuledBook({}),
};

/** Why two files are not a pair, by their names. */
function pairFault(first: string, second: string): string | undefined {
  const [a, b] = [NAME.exec(first), NAME.exec(second)];
  if (a === null || b === null) return undefined;
  const dateOf = (name: RegExpExecArray): string => name.slice(2, 5).join('-');
  if (a[6] === b[6]) return `both are ${a[6]} files`;
  if (a[1] !== b[1]) return `one is of ${a[1]}, the other of ${b[1]}`;
  if (dateOf(a) !== dateOf(b)) return `one is of ${dateOf(a)}, the other of ${dateOf(b)}`;
  if (a[5] !== b[5]) return `their times of day differ, ${a[5]} and ${b[5]}`;
  if (a[7] !== b[7]) return `their levels differ, ${a[7]} and ${b[7]}`;
  return undefined;
}

function describe(market: string): VenueMarket {
  return { market, venue: 'nasdaq', base: market, quote: 'USD' };
}

class LobsterReader implements LineReader {
  readonly #midnight: number;
  readonly #depth: number;
  #message: Message | undefined;
  #row: Row | undefined;
  /** How many changes must still agree before the book is known again. */
  #toAgree = 0;

  constructor(file: string) {
    const [, , year, month, day] = NAME.exec(file) ?? [];
    this.#midnight = midnightInNewYork(Number(year), Number(month), Number(day));
    this.#depth = Number(NAME.exec(file)?.[7] ?? 0);
  }

  read(line: string, file: string): readonly ParsedLine[] {
    const isMessage = NAME.exec(file)?.[6] === 'message';
    const parsed = isMessage ? this.#readMessage(line) : this.#readRow(line);
    // After a lost line the next row starts over: each row is the whole view.
    if (parsed.some(({ kind }) => kind === 'bad-line')) this.#row = undefined;
    return parsed;
  }

  #readMessage(line: string): readonly ParsedLine[] {
    this.#message = undefined;
    if (!MESSAGE.test(line)) return [bad('message', line)];
    const [seconds = '', type, , size, price, direction] = fieldsOf(line);
    const time = this.#midnight + Math.floor(Number(seconds) * 1_000);
    const message = {
      time,
      type: Number(type),
      size: Number(size),
      price: Number(price),
      direction: Number(direction),
    };
    this.#message = message;
    // 4 and 5 are executions, of a visible and of a hidden order. The side given is the resting order's; the other
    // took it.
    if (message.type !== 4 && message.type !== 5) return [];
    const aggressor = message.direction === 1 ? 'sell' : 'buy';
    const event = { type: 'trade', id: undefined, eventTime: time, aggressor } as const;
    const deal = { price: priceText(message.price), size: String(message.size), kind: 'MARKET' };
    return [said(time, { ...event, ...deal })];
  }

  #readRow(line: string): readonly ParsedLine[] {
    const message = this.#message;
    this.#message = undefined;
    const fields = fieldsOf(line).map(Number);
    if (fields.length !== this.#depth * 4 || fields.some((each) => !Number.isInteger(each)))
      return [bad(`orderbook of ${this.#depth} levels`, line)];
    if (message === undefined) return [bad('orderbook (its message is missing)', line)];
    const before = this.#row;
    const row = rowOf(fields);
    this.#row = row;
    const { time: eventTime } = message;
    if (before === undefined) return this.#toAgree > 0 ? [] : [this.#whole(row, eventTime)];
    const fault = transitionFault(before, message, row, this.#depth);
    const ok = fault === undefined;
    const check = said(eventTime, { type: 'check', ok, detail: fault ?? '', eventTime });
    const bids = changesOf(before.bids, row.bids);
    const asks = changesOf(before.asks, row.asks);
    if (!ok) this.#toAgree = AGREEING;
    else if (this.#toAgree > 0) {
      if (bids.length + asks.length > 0) this.#toAgree--;
      return this.#toAgree > 0 ? [check] : [check, this.#whole(row, eventTime)];
    }
    if (!ok) return [check];
    const ids = { firstId: 0, lastId: 0, previousId: undefined };
    return [check, said(eventTime, { type: 'diff', ...ids, eventTime, bids, asks })];
  }

  #whole(row: Row, eventTime: number): ParsedLine {
    const [bids, asks] = [row.bids, row.asks].map(textOf) as [TextLevel[], TextLevel[]];
    const sides = { eventTime, bids, asks, depth: this.#depth };
    return said(eventTime, { type: 'snapshot', updateId: 0, ...sides });
  }
}

function rowOf(fields: readonly number[]): Row {
  const row: Row = { bids: new Map(), asks: new Map() };
  for (let i = 0; i < fields.length; i += 4) {
    const [askPrice = 0, askSize = 0, bidPrice = 0, bidSize = 0] = fields.slice(i, i + 4);
    if (Math.abs(askPrice) !== EMPTY_PRICE) row.asks.set(askPrice, askSize);
    if (Math.abs(bidPrice) !== EMPTY_PRICE) row.bids.set(bidPrice, bidSize);
  }
  return row;
}

/** Absolute sizes of changed levels, 0 for levels that left the view. */
function changesOf(
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
): TextLevel[] {
  const changed = new Map<number, number>();
  for (const price of before.keys()) if (!after.has(price)) changed.set(price, 0);
  for (const [price, size] of after) if (before.get(price) !== size) changed.set(price, size);
  return textOf(changed);
}

function textOf(side: ReadonlyMap<number, number>): TextLevel[] {
  return [...side].map(([price, size]) => [priceText(price), String(size)]);
}

/** Why a row is not the result of its message; undefined if the view is exactly as it must be. */
function transitionFault(
  before: Row,
  message: Message,
  after: Row,
  depth: number,
): string | undefined {
  const isBid = message.direction === 1;
  const step = message.type === 1 ? message.size : message.type <= 4 ? -message.size : 0;
  for (const name of ['bids', 'asks'] as const) {
    const touched = (name === 'bids') === isBid && step !== 0;
    const sign = name === 'bids' ? -1 : 1;
    const expected = new Map(before[name]);
    // Before the message the view ended here: levels beyond it were unknown.
    const horizon = before[name].size < depth ? Infinity : Math.max(...keysOf(before[name], sign));
    if (touched && message.price * sign <= horizon) {
      const size = (expected.get(message.price) ?? 0) + step;
      if (size > 0) expected.set(message.price, size);
      else expected.delete(message.price);
      if (size < 0) return `message takes ${message.size} of a smaller level at ${message.price}`;
    }
    for (const [price, size] of after[name]) {
      if (price * sign > horizon) continue;
      if (expected.get(price) !== size)
        return `${name} at ${price}: ${size} is not ${expected.get(price) ?? 0}`;
    }
    // An expected level that is missing must have been pushed out of the view.
    const end = after[name].size < depth ? Infinity : Math.max(...keysOf(after[name], sign));
    for (const price of expected.keys()) {
      if (!after[name].has(price) && price * sign < end) return `${name} at ${price} is missing`;
    }
  }
  return undefined;
}

function keysOf(side: ReadonlyMap<number, number>, sign: number): readonly number[] {
  return [...side.keys()].map((price) => price * sign);
}

/** 5853300 is 585.3300 dollars. */
function priceText(price: number): string {
  const digits = String(price).padStart(DECIMALS + 1, '0');
  return `${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`;
}

/** Epoch milliseconds of midnight in New York: its offset is taken from noon of the same day. */
function midnightInNewYork(year: number, month: number, day: number): number {
  const noon = Date.UTC(year, month - 1, day, 12);
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: 'America/New_York',
    hour: 'numeric',
    hourCycle: 'h23',
  }).format(noon);
  return noon - Number(parts) * 3_600_000;
}

function said(receiveTime: number, event: VenueEvent): ParsedLine {
  return { kind: 'event', receiveText: undefined, receiveTime, market: undefined, event };
}

function bad(what: string, line: string): ParsedLine {
  return { kind: 'bad-line', detail: `not a row of ${what}: ${line.slice(0, 80)}` };
}
