/*
 * Reads the usual lines of a Binance recording - diffs, trades and tickers of one market - straight from bytes to
 * integers: no string, no JSON tree, no decimal text. It understands exactly what `parseBinanceFrame` makes of such a
 * line, or leaves it: an unknown key, another market, a number off the grid, an escape, a space, an id beyond 15
 * digits, anything unusual. The full parser reads those lines, and finds every problem.
 */
import type { ImportGrids } from '../grid/import-grids.ts';
import { bytesOf, digitOf, JsonBytes } from '../read/json-bytes.ts';
import { NumberPairs } from '../read/number-pairs.ts';
import type { LineScanner, ScannedKind } from './recording-format.ts';

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN = 91;
const BACKSLASH = 92;
const BRACE_END = 125;

const ENVELOPE = bytesOf('{"stream":"');
const DATA = bytesOf('"data":{');
const DEPTH = bytesOf('depthUpdate"');
const TRADE = bytesOf('trade"');
const TICKER = bytesOf('bookTicker"');
const MARKET = bytesOf('MARKET"');

/** A small number for each key that a frame may have, so that a switch is a jump. */
const KEY = {
  none: 0,
  e: 1,
  E: 2,
  T: 3,
  s: 4,
  U: 5,
  u: 6,
  pu: 7,
  t: 8,
  p: 9,
  q: 10,
  X: 11,
  m: 12,
  M: 13,
  b: 14,
  B: 15,
  a: 16,
  A: 17,
} as const;
const maskOf = (...keys: readonly (keyof typeof KEY)[]): number =>
  keys.reduce((mask, key) => mask | (1 << KEY[key]), 0);
const KEY_OF_BYTE: readonly number[] = keysByByte();
const NEEDED = {
  diff: maskOf('e', 'E', 's', 'U', 'u', 'b', 'a'),
  trade: maskOf('e', 'T', 's', 't', 'p', 'q', 'm'),
  ticker: maskOf('s', 'u', 'b', 'B', 'a', 'A'),
} as const;
/** Other keys that each frame may have, which are ignored. */
const ALLOWED = {
  diff: NEEDED.diff | maskOf('T', 'pu'),
  trade: NEEDED.trade | maskOf('E', 'X', 'M'),
  ticker: NEEDED.ticker | maskOf('e', 'E', 'T'),
} as const;

/** The fields hold the last line understood until the next `scan`. */
export class BinanceScanner implements LineScanner {
  /** Digits of the receive time, and their value: the first ten are seconds. */
  timeDigits = 0;
  seconds = 0;
  fraction = 0;
  eventTime = 0;
  tradeTime = 0;
  firstId = 0;
  lastId = 0;
  previousId: number | undefined;
  tradeId = 0;
  price = 0;
  size = 0;
  buyerIsMaker = false;
  bid = 0;
  bidSize = 0;
  ask = 0;
  askSize = 0;
  readonly levels = new NumberPairs();
  bidCount = 0;
  readonly #symbol: Uint8Array;
  readonly #priceDecimals: number;
  readonly #sizeDecimals: number;
  readonly #json = new JsonBytes();
  /** How many of `b` and `a` were lists. */
  #arrays = 0;

  /** Undefined for grids that are not powers of ten: the full parser reads those. */
  static for(market: string, grids: ImportGrids): BinanceScanner | undefined {
    const isPlain = [grids.price, grids.size].every(({ step }) => /^(1|0\.0*1)$/.test(step));
    return isPlain ? new BinanceScanner(market, grids) : undefined;
  }

  private constructor(market: string, grids: ImportGrids) {
    this.#symbol = bytesOf(`${market}"`);
    this.#priceDecimals = grids.price.decimals;
    this.#sizeDecimals = grids.size.decimals;
  }

  /** Reads the line from `start` to `end`, which is its newline. */
  scan(bytes: Uint8Array, start: number, end: number): ScannedKind {
    const json = this.#json;
    json.open(bytes, start);
    this.#arrays = 0;
    this.levels.clear();
    this.bidCount = 0;
    if (!this.#head(json)) return 'other';
    let keys = 0;
    let kind: ScannedKind = 'ticker';
    this.previousId = undefined;
    for (;;) {
      const key = this.#key(json);
      // Repeated, or unknown.
      if (key === KEY.none || (keys & (1 << key)) !== 0) return 'other';
      keys |= 1 << key;
      if (key === KEY.e) kind = this.#type(json);
      else this.#value(key, json);
      if (json.failed) return 'other';
      const next = bytes[json.at++];
      if (next === COMMA) continue;
      if (next !== BRACE_END) return 'other';
      break;
    }
    if (bytes[json.at] !== BRACE_END || json.at + 1 !== end || kind === 'other') return 'other';
    const needed = NEEDED[kind];
    if ((keys & needed) !== needed || (keys & ~ALLOWED[kind]) !== 0) return 'other';
    if (this.#arrays !== (kind === 'diff' ? 2 : 0)) return 'other';
    return kind === 'diff' && this.firstId > this.lastId ? 'other' : kind;
  }

  /** `<receive time> {"stream":"...","data":{` */
  #head(json: JsonBytes): boolean {
    const bytes = json.bytes;
    let at = json.at;
    let seconds = 0;
    let fraction = 0;
    const start = at;
    for (let digit = digitOf(bytes[at]); digit >= 0; digit = digitOf(bytes[++at])) {
      if (at - start < 10) seconds = seconds * 10 + digit;
      else fraction = fraction * 10 + digit;
    }
    const digits = at - start;
    if (digits !== 19 && digits !== 16 && digits !== 13 && digits !== 10) return false;
    this.timeDigits = digits;
    this.seconds = seconds;
    this.fraction = fraction;
    if (bytes[at++] !== 32) return false;
    json.at = at;
    if (!json.literal(ENVELOPE)) return false;
    at = json.at;
    for (let byte = bytes[at]; byte !== QUOTE; byte = bytes[++at])
      if (byte === undefined || byte === BACKSLASH || byte < 32 || byte > 126) return false;
    if (bytes[at + 1] !== COMMA) return false;
    json.at = at + 2;
    return json.literal(DATA);
  }

  /** The number of `"key":`; 0 if unknown. */
  #key(json: JsonBytes): number {
    const bytes = json.bytes;
    const at = json.at;
    if (bytes[at] !== QUOTE) return 0;
    if (bytes[at + 2] === QUOTE && bytes[at + 3] === COLON) {
      json.at = at + 4;
      return KEY_OF_BYTE[bytes[at + 1] as number] ?? 0;
    }
    // `pu`
    const isPrevious = bytes[at + 1] === 112 && bytes[at + 2] === 117;
    if (!isPrevious || bytes[at + 3] !== QUOTE || bytes[at + 4] !== COLON) return 0;
    json.at = at + 5;
    return KEY.pu;
  }

  #type(json: JsonBytes): ScannedKind {
    if (json.bytes[json.at++] !== QUOTE) return 'other';
    if (json.literal(TICKER)) return 'ticker';
    if (json.literal(DEPTH)) return 'diff';
    return json.literal(TRADE) ? 'trade' : 'other';
  }

  #value(key: number, json: JsonBytes): void {
    switch (key) {
      case KEY.E:
        this.eventTime = json.time();
        return;
      case KEY.T:
        this.tradeTime = json.time();
        return;
      case KEY.U:
        this.firstId = json.integer();
        return;
      case KEY.u:
        this.lastId = json.integer();
        return;
      case KEY.pu:
        this.previousId = json.integer();
        return;
      case KEY.t:
        this.tradeId = json.integer();
        return;
      case KEY.p:
        this.price = json.decimal(this.#priceDecimals);
        return;
      case KEY.q:
        this.size = json.decimal(this.#sizeDecimals);
        return;
      case KEY.m:
        this.buyerIsMaker = json.boolean();
        return;
      case KEY.M:
        json.boolean();
        return;
      case KEY.B:
        this.bidSize = json.decimal(this.#sizeDecimals);
        return;
      case KEY.A:
        this.askSize = json.decimal(this.#sizeDecimals);
        return;
      case KEY.b:
        if (json.bytes[json.at] === OPEN) this.#bids(json);
        else this.bid = json.decimal(this.#priceDecimals);
        return;
      case KEY.a:
        if (json.bytes[json.at] === OPEN) this.#asks(json);
        else this.ask = json.decimal(this.#priceDecimals);
        return;
      default:
        json.expect(key === KEY.s ? this.#symbol : MARKET);
    }
  }

  /** Bids come before asks, as Binance sends them; otherwise the full parser reads the line. */
  #bids(json: JsonBytes): void {
    if (this.#arrays++ > 0) json.fail();
    json.levels(this.levels, this.#priceDecimals, this.#sizeDecimals);
    this.bidCount = this.levels.length;
  }

  #asks(json: JsonBytes): void {
    this.#arrays++;
    json.levels(this.levels, this.#priceDecimals, this.#sizeDecimals);
  }
}

function keysByByte(): number[] {
  const keys = new Array<number>(256).fill(0);
  for (const [name, number] of Object.entries(KEY))
    if (name.length === 1) keys[name.charCodeAt(0)] = number;
  return keys;
}
