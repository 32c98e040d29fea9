/*
 * Frames of OKX v5, public: `books`, `trades`, `trades-all`, `bbo-tbt`, `tickers`. Books have a signed CRC-32 over the
 * text of the best 25 levels, since 2026 a constant 0, which means nothing; and, since 2023, `seqId` and `prevSeqId`,
 * which chain them: -1 before a snapshot, equal to `seqId` if nothing changed, and smaller ids after maintenance,
 * which still chain.
 * https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-order-book-channel
 */
import {
  badFrame,
  type Fields,
  type FrameFinding,
  isFields,
  parseFrameJson,
  textLevels,
  timeOfText,
  unknownFrame,
} from '../dump-venue.ts';
import type { LiveFinding } from '../live-venue.ts';
import type { VenueEvent, VenueTrade } from '../venue-event.ts';

/** Levels per side in the channel `books`. */
export const OKX_BOOKS_DEPTH = 400;
/** The notice that a socket will be closed, about a minute before. */
const CLOSING = '64008';

/** Reads one frame. Never throws. */
export function okxFrame(text: string): readonly LiveFinding[] {
  // The answer to a ping is not JSON.
  if (text === 'pong') return [];
  const parsed = parseFrameJson(text);
  if (!('json' in parsed)) return [parsed];
  const { json } = parsed;
  if (!isFields(json)) return [badFrame('not an object')];
  if (typeof json['event'] === 'string') return said(json);
  const arg = json['arg'];
  const data = json['data'];
  if (!isFields(arg) || !Array.isArray(data)) return [badFrame('neither event nor arg and data')];
  const { channel, instId: market } = arg;
  if (typeof market !== 'string') return [badFrame('a message without instId')];
  return (data as unknown[]).map((each) => {
    if (!isFields(each)) return badFrame('data that is not an object');
    if (channel === 'books') return book(market, json['action'], each);
    if (channel === 'trades' || channel === 'trades-all') return trade(market, each);
    if (channel === 'tickers') return { kind: 'event', market, event: { type: 'quote' } };
    if (channel === 'bbo-tbt') return bestOf(market, each);
    return unknownFrame(channel);
  });
}

function said({ event, code, msg }: Fields): readonly LiveFinding[] {
  if (event === 'notice' && String(code) === CLOSING)
    return [{ kind: 'move', detail: `${CLOSING}: ${String(msg)}` }];
  if (event !== 'error') return [];
  const market = /instId:([^,\s]+)/.exec(String(msg))?.[1];
  return [{ kind: 'refused', market, detail: `${String(code)}: ${String(msg)}` }];
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
      event: { type: 'snapshot', updateId: seqId, ...common, depth: OKX_BOOKS_DEPTH },
    };
  if (action !== 'update') return badFrame(`a book with action ${String(action)}`);
  return {
    kind: 'event',
    market,
    event: { type: 'diff', firstId: seqId, lastId: seqId, previousId: prevSeqId, ...common },
  };
}

function bestOf(market: string, { bids, asks, seqId }: Fields): FrameFinding {
  const [bid] = textLevels(bids) ?? [];
  const [ask] = textLevels(asks) ?? [];
  const event: VenueEvent =
    bid === undefined || ask === undefined || typeof seqId !== 'number'
      ? { type: 'quote' }
      : { type: 'ticker', updateId: seqId, bid, ask };
  return { kind: 'event', market, event };
}

function trade(market: string, body: Fields): FrameFinding {
  const event = okxTrade(body);
  return typeof event === 'string' ? badFrame(event) : { kind: 'event', market, event };
}

/** A trade of a stream or of a request; text if it is none: what it lacks. */
export function okxTrade(body: Fields): VenueTrade | string {
  const { px: price, sz: size, side } = body;
  const eventTime = timeOfText(body['ts']);
  if (
    typeof price !== 'string' ||
    typeof size !== 'string' ||
    eventTime === undefined ||
    (side !== 'buy' && side !== 'sell')
  )
    return 'a trade without px, sz, ts or side';
  const rest = { type: 'trade', eventTime, price, size, aggressor: side, kind: 'MARKET' } as const;
  return { ...rest, ...idsOf(body) };
}

/** `trades` may send several executions of one taker as one, with the last id and, since 2023, their number. */
function idsOf({ tradeId, count }: Fields): Pick<VenueTrade, 'id' | 'firstId' | 'key'> {
  if (typeof tradeId !== 'string' || !/^\d{1,18}$/.test(tradeId)) return { id: undefined };
  const [id, number] = [BigInt(tradeId), Number(count)];
  if (!Number.isSafeInteger(number) || number < 1) return { id: undefined, key: tradeId };
  return { id: plainId(id), firstId: plainId(id - BigInt(number) + 1n) };
}

function plainId(id: bigint): number | bigint {
  return id <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(id) : id;
}
