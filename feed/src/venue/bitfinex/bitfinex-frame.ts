/*
 * Bitfinex WebSocket v2: `book` (P0) and `trades`. A socket gives each subscription a number, by which its data is
 * known. With SEQ_ALL each data frame ends with a number that counts the socket's frames; with OB_CHECKSUM each book
 * has a checksum every few seconds. Both are absent without those flags. Levels have no time: it is that of receipt.
 * https://docs.bitfinex.com/docs/ws-general
 * https://docs.bitfinex.com/reference/ws-public-books
 */
import type { TextLevel } from '@tapedeck/market/book/text-level';
import type { EpochMs } from '@tapedeck/market/number/level';

import { badFrame, type Fields, isFields, unknownFrame } from '../dump-venue.ts';
import { beginningOf, jsonWithNumberText } from '../json-fields.ts';
import type { LiveFinding } from '../live-venue.ts';
import type { VenueTrade } from '../venue-event.ts';

type Channel = { readonly kind: string; readonly market: string };

/** Maintenance, and the end of the socket's server. */
const MOVES = new Set(['20051', '20060', '20061']);
/** Subscribed twice, or already unsubscribed: the wanted state, not a refusal. */
const HARMLESS = new Set(['10301', '10400']);
/** A lower number may be a repeated frame, but not one from so long ago. */
const OLD_FRAMES = 10_000;
/** Trades by id, each told by `te`, then again by `tu`. */
const KNOWN_TRADES = 2_000;

/** The frames of one socket. */
export class BitfinexFrames {
  readonly #channels = new Map<string, Channel>();
  readonly #trades = new Set<string>();
  #last: number | undefined;

  /** The number of a subscription; undefined if there is none. */
  channelOf(kind: string, market: string): string | undefined {
    for (const [id, channel] of this.#channels)
      if (channel.kind === kind && channel.market === market) return id;
    return undefined;
  }

  /** Data of this channel that is still on its way belongs to no subscription any more. */
  forget(id: string): void {
    this.#channels.delete(id);
  }

  /** Reads one frame. Never throws. */
  frame(text: string, receiveTime: EpochMs): readonly LiveFinding[] {
    const json = jsonWithNumberText(text);
    if (json === undefined) return [badFrame(`not JSON: ${beginningOf(text)}`)];
    if (isFields(json)) return this.#event(json);
    if (!Array.isArray(json)) return [badFrame('neither event nor data')];
    const [id, ...rest] = json as readonly unknown[];
    if (typeof id !== 'string' || rest.length === 0) return [badFrame('data without a channel')];
    const hasName = typeof rest[0] === 'string' && rest[0] !== '' && !isNumber(rest[0]);
    const name = hasName ? String(rest[0]) : undefined;
    const [payload, ...stamps] = name === undefined || name === 'hb' ? rest : rest.slice(1);
    const number = numberOf(stamps);
    const before = this.#last;
    if (number !== undefined && before !== undefined && isOld(number, before)) return [];
    const findings = this.#data(id, name, payload, receiveTime);
    // An unreadable frame does not count: the next one shows that it is missing.
    if (number === undefined || findings.some(({ kind }) => kind === 'bad-line')) return findings;
    this.#last = number;
    if (before === undefined || number === before + 1) return findings;
    return [{ kind: 'hole', detail: `frame ${number} follows frame ${before}` }, ...findings];
  }

  #event(json: Fields): readonly LiveFinding[] {
    const { event, chanId, channel, symbol, code, msg } = json;
    const market = typeof symbol === 'string' ? symbol : undefined;
    switch (event) {
      case 'subscribed':
        if (typeof chanId !== 'string' || typeof channel !== 'string' || market === undefined)
          return [badFrame('a subscription without chanId, channel or symbol')];
        this.#channels.set(chanId, { kind: channel, market });
        return [];
      case 'unsubscribed':
        this.#channels.delete(String(chanId));
        return [];
      case 'error':
        if (HARMLESS.has(String(code))) return [];
        return [{ kind: 'refused', market, detail: `${String(code)}: ${String(msg)}` }];
      case 'info':
        if (!MOVES.has(String(code))) return [];
        return [{ kind: 'move', detail: `${String(code)}: ${String(msg)}` }];
      case 'conf':
      case 'pong':
        return [];
      default:
        return [badFrame(`an event ${String(event)}`)];
    }
  }

  #data(
    id: string,
    name: string | undefined,
    payload: unknown,
    time: EpochMs,
  ): readonly LiveFinding[] {
    if (name === 'hb') return [];
    const channel = this.#channels.get(id);
    // Of a subscription that was given up, or whose beginning is not in the recording.
    if (channel === undefined) return [];
    const { kind, market } = channel;
    if (kind === 'trades') return this.#tradesOf(market, name, payload);
    if (kind !== 'book') return [unknownFrame(kind)];
    const ids = { firstId: 0, lastId: 0, previousId: undefined };
    if (name === 'cs') {
      const checksum = isNumber(payload) ? Number(payload) : undefined;
      if (checksum === undefined) return [badFrame('a checksum that is not a number')];
      const event = {
        type: 'diff',
        ...ids,
        eventTime: time,
        bids: [],
        asks: [],
        checksum,
      } as const;
      return [{ kind: 'event', market, event }];
    }
    const rows = Array.isArray(payload) ? (payload as readonly unknown[]) : undefined;
    const isSnapshot = rows !== undefined && rows.every(Array.isArray);
    const levels = levelsOf(isSnapshot ? rows : [rows]);
    if (name !== undefined || levels === undefined)
      return [badFrame('a book message whose levels are not [price, count, amount]')];
    const event = isSnapshot
      ? ({ type: 'snapshot', updateId: 0, eventTime: time, ...levels } as const)
      : ({ type: 'diff', ...ids, eventTime: time, ...levels } as const);
    return [{ kind: 'event', market, event }];
  }

  #tradesOf(market: string, name: string | undefined, payload: unknown): readonly LiveFinding[] {
    const isPast = name === undefined;
    if (!Array.isArray(payload) || !(isPast || name === 'te' || name === 'tu'))
      return [badFrame('a trades message that is not te, tu or a list')];
    const trades = (isPast ? (payload as readonly unknown[]) : [payload]).map(bitfinexTrade);
    const findings: LiveFinding[] = [];
    // The venue lists the newest first.
    for (const trade of trades.toReversed()) {
      if (trade === undefined) return [badFrame('a trade that is not [id, time, amount, price]')];
      if (!this.#isNew(`${market} ${trade.key}`)) continue;
      findings.push({ kind: 'event', market, event: isPast ? { ...trade, isPast } : trade });
    }
    return findings;
  }

  #isNew(key: string): boolean {
    if (this.#trades.has(key)) return false;
    this.#trades.add(key);
    if (this.#trades.size > KNOWN_TRADES) {
      const [oldest = ''] = this.#trades;
      this.#trades.delete(oldest);
    }
    return true;
  }
}

/** A trade of the socket or of the REST interface; undefined if it is not one. */
export function bitfinexTrade(row: unknown): VenueTrade | undefined {
  const [key, time, amount, price] = Array.isArray(row) ? (row as readonly unknown[]) : [];
  if (!isNumber(key) || !isNumber(time) || !isNumber(amount) || !isNumber(price)) return undefined;
  const size = amount.replace(/^-/, '');
  const aggressor = size === amount ? 'buy' : 'sell';
  // Ids count the trades of all markets.
  const ids = { id: undefined, key };
  return { type: 'trade', ...ids, eventTime: Number(time), price, size, aggressor, kind: 'MARKET' };
}

function isNumber(value: unknown): value is string {
  return typeof value === 'string' && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value);
}

/** The sign of an amount is its side; a count of 0 removes the level. */
function levelsOf(
  rows: readonly unknown[],
): { readonly bids: readonly TextLevel[]; readonly asks: readonly TextLevel[] } | undefined {
  const bids: TextLevel[] = [];
  const asks: TextLevel[] = [];
  for (const row of rows) {
    const [price, count, amount] = Array.isArray(row) ? (row as readonly unknown[]) : [];
    if (!isNumber(price) || !isNumber(count) || !isNumber(amount)) return undefined;
    const size = count === '0' ? '0' : amount.replace(/^-/, '');
    (amount.startsWith('-') ? asks : bids).push([price, size]);
  }
  return { bids, asks };
}

/** The sequence number after a payload; a timestamp may be beside it. */
function numberOf(stamps: readonly unknown[]): number | undefined {
  const number = stamps.find((each) => isNumber(each) && Number(each) < 1e12);
  return number === undefined ? undefined : Number(number);
}

function isOld(number: number, last: number): boolean {
  return number <= last && number > last - OLD_FRAMES;
}
