/*
 * Frames of Binance spot, USD-M and COIN-M from their public WebSocket, in a combined-stream envelope or bare, and
 * the body of the REST depth snapshot, which has neither `e` nor an envelope.
 * Fields: https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
 */
import type { TextLevel } from '@tapedeck/market/book/text-level';

import type { VenueEvent, VenueId } from '../venue-event.ts';

/** A frame that was understood, or why not. */
export type ParsedFrame =
  | { readonly kind: 'event'; readonly symbol: string | undefined; readonly event: VenueEvent }
  | { readonly kind: 'bad-line' | 'unknown-stream'; readonly detail: string };

type Fields = Readonly<Record<string, unknown>>;

/** Fields that contain ids, which may be too large for a double. */
const ID_FIELDS = ['lastUpdateId', 'U', 'u', 'pu', 't', 'f', 'l'] as const;
const ID_FIELD_SET: ReadonlySet<string> = new Set(ID_FIELDS);
const SHOWN_CHARACTERS = 80;

/** Reads one frame. Never throws: a recording may contain anything. */
export function parseBinanceFrame(text: string): ParsedFrame {
  let outer: unknown;
  try {
    outer = JSON.parse(text);
  } catch {
    return bad(`not JSON: ${text.slice(0, SHOWN_CHARACTERS)}`);
  }
  if (!isFields(outer)) return bad(`not an object: ${text.slice(0, SHOWN_CHARACTERS)}`);
  let frame: unknown = 'data' in outer ? outer['data'] : outer;
  if (!isFields(frame)) return bad('the envelope contains no object');
  if (ID_FIELDS.some((field) => isRounded((frame as Fields)[field]))) {
    const exact = JSON.parse(text, exactIds) as Fields;
    frame = 'data' in exact ? exact['data'] : exact;
  }
  return parseBinanceFields(frame as Fields, String(outer['stream'] ?? ''));
}

/** The same, of a frame that is parsed JSON already. */
export function parseBinanceFields(frame: Fields, stream: string): ParsedFrame {
  const symbol = typeof frame['s'] === 'string' ? frame['s'] : undefined;
  const type = frame['e'];
  if (type === 'depthUpdate') return parseDiff(frame, symbol);
  if (type === 'trade' || type === 'aggTrade') return parseTrade(frame, symbol);
  if (type === 'bookTicker') return parseTicker(frame, symbol);
  if (type === undefined && 'lastUpdateId' in frame) return parseSnapshot(frame);
  // Spot's book ticker is the only stream without an event type.
  if (type === undefined && 'u' in frame && 'B' in frame) return parseTicker(frame, symbol);
  const name = stream !== '' ? stream : String(type ?? Object.keys(frame).slice(0, 3).join(','));
  return { kind: 'unknown-stream', detail: name.slice(0, SHOWN_CHARACTERS) };
}

function parseSnapshot(frame: Fields): ParsedFrame {
  const updateId = idOf(frame['lastUpdateId']);
  const bids = levelsOf(frame['bids']);
  const asks = levelsOf(frame['asks']);
  if (updateId === undefined || bids === undefined || asks === undefined)
    return bad('a depth snapshot without lastUpdateId, bids or asks of the right shape');
  const eventTime = timeOf(frame['E']);
  return {
    kind: 'event',
    symbol: undefined,
    event: { type: 'snapshot', updateId, eventTime, bids, asks },
  };
}

function parseDiff(frame: Fields, symbol: string | undefined): ParsedFrame {
  const firstId = idOf(frame['U']);
  const lastId = idOf(frame['u']);
  const previousId = idOf(frame['pu']);
  const eventTime = timeOf(frame['E']);
  const bids = levelsOf(frame['b']);
  const asks = levelsOf(frame['a']);
  if (symbol === undefined || firstId === undefined || lastId === undefined)
    return bad('a depthUpdate without s, U or u');
  if (eventTime === undefined) return bad('a depthUpdate without a time E');
  if (bids === undefined || asks === undefined)
    return bad('a depthUpdate whose b or a is not a list of [price, size]');
  if (firstId > lastId) return bad(`a depthUpdate with U ${firstId} after u ${lastId}`);
  return {
    kind: 'event',
    symbol,
    event: { type: 'diff', firstId, lastId, previousId, eventTime, bids, asks },
  };
}

function parseTrade(frame: Fields, symbol: string | undefined): ParsedFrame {
  // An aggregate is identified by its trades, `f` to `l`.
  const isAggregate = frame['e'] === 'aggTrade';
  const id = idOf(frame[isAggregate ? 'l' : 't']);
  const firstId = isAggregate ? idOf(frame['f']) : undefined;
  const eventTime = timeOf(frame['T']);
  const { p: price, q: size, m: buyerIsMaker } = frame;
  if (symbol === undefined || id === undefined || eventTime === undefined)
    return bad(isAggregate ? 'an aggTrade without s, l or T' : 'a trade without s, t or T');
  if (isAggregate && firstId === undefined) return bad('an aggTrade without f');
  if (typeof price !== 'string' || typeof size !== 'string' || typeof buyerIsMaker !== 'boolean')
    return bad('a trade without p, q or m of the right type');
  const kind = frame['X'] === undefined ? 'MARKET' : String(frame['X']);
  // The maker bought, so the taker, the aggressor, sold.
  const aggressor = buyerIsMaker ? 'sell' : 'buy';
  return {
    kind: 'event',
    symbol,
    event: {
      type: 'trade',
      id,
      firstId,
      eventTime,
      price,
      size,
      aggressor,
      kind,
      ...(isAggregate ? { aggregateId: idOf(frame['a']) } : {}),
    },
  };
}

function parseTicker(frame: Fields, symbol: string | undefined): ParsedFrame {
  const updateId = idOf(frame['u']);
  const { b, B, a, A } = frame;
  if (symbol === undefined || updateId === undefined) return bad('a bookTicker without s or u');
  if (
    typeof b !== 'string' ||
    typeof B !== 'string' ||
    typeof a !== 'string' ||
    typeof A !== 'string'
  )
    return bad('a bookTicker without b, B, a or A');
  return { kind: 'event', symbol, event: { type: 'ticker', updateId, bid: [b, B], ask: [a, A] } };
}

function bad(detail: string): ParsedFrame {
  return { kind: 'bad-line', detail };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRounded(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
}

/** Ids beyond 2^53 are read from their own text. */
function exactIds(key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return ID_FIELD_SET.has(key) && isRounded(value) && /^\d+$/.test(context?.source ?? '')
    ? BigInt(context?.source ?? '0')
    : value;
}

function idOf(value: unknown): VenueId | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Epoch milliseconds; microseconds, which spot offers as an option, are converted. */
function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0) return undefined;
  return value >= 1e15 ? Math.floor(value / 1_000) : value;
}

function levelsOf(value: unknown): readonly TextLevel[] | undefined {
  if (!Array.isArray(value)) return undefined;
  for (const level of value as unknown[]) {
    if (!Array.isArray(level) || typeof level[0] !== 'string' || typeof level[1] !== 'string')
      return undefined;
  }
  return value as unknown as readonly TextLevel[];
}
