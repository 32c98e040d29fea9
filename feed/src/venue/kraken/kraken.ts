/*
 * Kraken in recorder dumps: version 2 of its socket (`kraken-v2-frame.ts`), and version 1: `book-N`, `trade`, `ticker`. A book message has one or two bodies (`a`, `b`), the
 * last with `c`, a CRC-32 over the text of the top ten. Levels beyond the subscribed depth drop out without a
 * message.
 * https://docs.kraken.com/api/docs/websocket-v1/book
 */
import type { TextLevel } from '@tapedeck/market/book/text-level';
import { krakenChecksum } from '@tapedeck/market/book/venue-checksum';

import {
  badFrame,
  type DumpVenue,
  type FrameFinding,
  isFields,
  parseFrameJson,
  textLevels,
  timeOfText,
  unknownFrame,
} from '../dump-venue.ts';
import { RuledBook } from '../ruled-book.ts';
import { KrakenV2Recorded } from './kraken-v2-recorded.ts';
import { PaddedChecksum } from './padded-checksum.ts';

/** Levels per side in the checksum. */
const CHECKSUM_DEPTH = 10;

export const krakenVenue: DumpVenue = {
  venue: 'kraken',
  reads: 'spot, WebSocket v1 and v2',
  address: /kraken\.com/,
  file: /^kraken\b/i,

  frame(text) {
    const parsed = parseFrameJson(text);
    if (!('json' in parsed)) return [parsed];
    const { json } = parsed;
    // System status, subscription status, heartbeat.
    if (isFields(json))
      return typeof json['event'] === 'string' ? [] : [unknownFrame(Object.keys(json).join())];
    if (!Array.isArray(json) || json.length < 4) return [badFrame('neither event nor channel')];
    const [channel, market] = (json as unknown[]).slice(-2);
    if (typeof channel !== 'string' || typeof market !== 'string')
      return [badFrame('a message without channel name and pair')];
    const bodies = (json as unknown[]).slice(1, -2);
    if (channel === 'ticker') return [{ kind: 'event', market, event: { type: 'quote' } }];
    if (channel === 'trade') return trades(market, bodies[0]);
    if (channel.startsWith('book-')) return [book(market, Number(channel.slice(5)), bodies)];
    return [unknownFrame(channel)];
  },

  connection() {
    const second = new KrakenV2Recorded();
    return {
      frame: (text) => (isSecond(text) ? second : krakenVenue).frame(text),
    };
  },

  describe(market) {
    const [base = market, quote = ''] = market.split('/');
    return { market, venue: 'kraken', base, quote };
  },

  book() {
    const checksum = new PaddedChecksum();
    return new RuledBook({
      checksum: {
        depth: CHECKSUM_DEPTH,
        of: krakenChecksum,
        holds: (asks, bids, expected) => checksum.holds(asks, bids, expected),
      },
    });
  },
};

/** Version 1 sends lists, and objects with an `event`. */
function isSecond(text: string): boolean {
  return text.startsWith('{') && !text.includes('"event"');
}

function book(market: string, depth: number, bodies: readonly unknown[]): FrameFinding {
  const merged = Object.assign({}, ...bodies.filter(isFields)) as Record<string, unknown>;
  const isSnapshot = 'as' in merged || 'bs' in merged;
  const bids = textLevels(merged[isSnapshot ? 'bs' : 'b'] ?? []);
  const asks = textLevels(merged[isSnapshot ? 'as' : 'a'] ?? []);
  if (bids === undefined || asks === undefined)
    return badFrame('a book message whose levels are not lists of [price, volume, time]');
  const eventTime = newestOf([...bids, ...asks]);
  if (isSnapshot)
    return {
      kind: 'event',
      market,
      event: { type: 'snapshot', updateId: 0, eventTime, bids, asks, depth },
    };
  if (eventTime === undefined) return badFrame('a book message whose levels have no time');
  const { c } = merged;
  if (c !== undefined && !(typeof c === 'string' && /^\d+$/.test(c)))
    return badFrame('a book message whose checksum is not a number');
  const checksum = c === undefined ? undefined : Number(c);
  const ids = { firstId: 0, lastId: 0, previousId: undefined };
  return {
    kind: 'event',
    market,
    event: { type: 'diff', ...ids, eventTime, bids, asks, checksum },
  };
}

/** Each level has the time of its own last change. */
function newestOf(levels: readonly TextLevel[]): number | undefined {
  let newest: number | undefined;
  for (const level of levels) {
    const time = timeOfText((level as readonly unknown[])[2]);
    if (time !== undefined && (newest === undefined || time > newest)) newest = time;
  }
  return newest;
}

function trades(market: string, list: unknown): readonly FrameFinding[] {
  if (!Array.isArray(list)) return [badFrame('a trade message without a list')];
  return (list as unknown[]).map((each) => {
    const [price, size, time, side] = Array.isArray(each) ? (each as unknown[]) : [];
    const eventTime = timeOfText(time);
    if (
      typeof price !== 'string' ||
      typeof size !== 'string' ||
      eventTime === undefined ||
      (side !== 'b' && side !== 's')
    )
      return badFrame('a trade that is not [price, volume, time, b or s, ...]');
    const aggressor = side === 'b' ? 'buy' : 'sell';
    const event = { type: 'trade', id: undefined, eventTime, price, size, aggressor } as const;
    return { kind: 'event', market, event: { ...event, kind: 'MARKET' } };
  });
}
