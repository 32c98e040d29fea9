/*
 * OKX: `books`, `trades`, `tickers`. Updates have a signed CRC-32 over the text of the best 25 levels, since 2026 a
 * constant 0, which means nothing; and, since 2023, `seqId` and `prevSeqId`, which chain them: -1 before a snapshot,
 * equal to `seqId` if nothing changed, and smaller ids after maintenance, which still chain.
 * https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-order-book-channel
 */
import { okxChecksum } from '@tapedeck/market/book/venue-checksum';

import {
  badFrame,
  type DumpVenue,
  type Fields,
  type FrameFinding,
  isFields,
  parseFrameJson,
  textLevels,
  timeOfText,
  unknownFrame,
} from '../dump-venue.ts';
import { RuledBook, type DiffOrder } from '../ruled-book.ts';
import type { GridDiff } from '../venue-book.ts';
import type { VenueId } from '../venue-event.ts';

/** Levels per side in the checksum. */
const CHECKSUM_DEPTH = 25;
/** Levels per side in the channel `books`. */
const BOOKS_DEPTH = 400;

export const okxVenue: DumpVenue = {
  venue: 'okx',
  address: /okx\.com|okex\.com/,
  file: /^(okx|okex)\b/i,

  frame(text) {
    // The answer to a ping is not JSON.
    if (text === 'pong') return [];
    const parsed = parseFrameJson(text);
    if (!('json' in parsed)) return [parsed];
    const { json } = parsed;
    if (!isFields(json)) return [badFrame('not an object')];
    if (typeof json['event'] === 'string') return [];
    const arg = json['arg'];
    const data = json['data'];
    if (!isFields(arg) || !Array.isArray(data)) return [badFrame('neither event nor arg and data')];
    const { channel, instId: market } = arg;
    if (typeof market !== 'string') return [badFrame('a message without instId')];
    return (data as unknown[]).map((each) => {
      if (!isFields(each)) return badFrame('data that is not an object');
      if (channel === 'books') return book(market, json['action'], each);
      if (channel === 'trades') return trade(market, each);
      if (channel === 'tickers') return { kind: 'event', market, event: { type: 'quote' } };
      return unknownFrame(channel);
    });
  },

  describe(market) {
    const [base = market, quote = ''] = market.split('-');
    return { market, venue: 'okx', base, quote };
  },

  book: () =>
    new RuledBook({ order: orderOf, checksum: { depth: CHECKSUM_DEPTH, of: okxChecksum } }),
};

/** By sequence if there is one; a chain without numbers relies on its checksums alone. */
function orderOf(last: VenueId, diff: GridDiff): DiffOrder {
  const { previousId, lastId } = diff;
  if (previousId === undefined || last === 0) return 'apply';
  if (previousId === last) return 'apply';
  return lastId <= last ? 'duplicate' : 'hole';
}

function book(market: string, action: unknown, body: Fields): FrameFinding {
  const bids = textLevels(body['bids']);
  const asks = textLevels(body['asks']);
  const eventTime = timeOfText(body['ts']);
  if (bids === undefined || asks === undefined)
    return badFrame('a book whose bids or asks are not lists of [price, size, ...]');
  if (eventTime === undefined) return badFrame('a book without a time ts');
  const { seqId = 0, prevSeqId, checksum: sum } = body;
  if (typeof seqId !== 'number' || !(prevSeqId === undefined || typeof prevSeqId === 'number'))
    return badFrame('a book whose seqId or prevSeqId is not a number');
  // OKX now sends 0, which means that there is no checksum.
  const checksum = typeof sum === 'number' && sum !== 0 ? sum : undefined;
  if (checksum === undefined && body['seqId'] === undefined)
    return badFrame('a book with neither checksum nor seqId');
  const common = { eventTime, bids, asks, checksum };
  if (action === 'snapshot')
    return {
      kind: 'event',
      market,
      event: { type: 'snapshot', updateId: seqId, ...common, depth: BOOKS_DEPTH },
    };
  if (action !== 'update') return badFrame(`a book with action ${String(action)}`);
  return {
    kind: 'event',
    market,
    event: { type: 'diff', firstId: seqId, lastId: seqId, previousId: prevSeqId, ...common },
  };
}

function trade(market: string, body: Fields): FrameFinding {
  const { px: price, sz: size, side } = body;
  const eventTime = timeOfText(body['ts']);
  if (
    typeof price !== 'string' ||
    typeof size !== 'string' ||
    eventTime === undefined ||
    (side !== 'buy' && side !== 'sell')
  )
    return badFrame('a trade without px, sz, ts or side');
  // Several executions of one taker may be sent as one: ids have gaps.
  const event = { type: 'trade', id: undefined, eventTime, price, size, aggressor: side } as const;
  return { kind: 'event', market, event: { ...event, kind: 'MARKET' } };
}
