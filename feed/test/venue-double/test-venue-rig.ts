/* A live venue from its socket to the engine, with the double at the other end, all on one manual clock. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import type { MarketEvent } from '@tapedeck/market/instrument/market-event';
import { DecimalScale } from '@tapedeck/market/number/decimal';
import { Random } from '@tapedeck/market/number/random';
import { type Clock, ManualClock } from '@tapedeck/market/time/clock';
import type { VenueStatus } from '@tapedeck/market/wire/venue/venue-body';

import { Ingest } from '../../src/engine/ingest.ts';
import { MarketEngine } from '../../src/engine/market-engine.ts';
import type { SymbolMarket } from '../../src/engine/symbol-market.ts';
import { VenueSource } from '../../src/source/venue/venue-source.ts';
import { venuesStatus } from '../../src/status/venue-status.ts';
import type { AuditCounts, VenueLimits } from '../../src/venue/live-venue.ts';
import { LIVE_VENUES } from '../../src/venue/live/live-venues.ts';
import { BinanceDouble, binanceSpeech } from './double-binance.ts';
import { BitfinexDouble, bitfinexSpeech } from './double-bitfinex.ts';
import { BitstampDouble, bitstampSpeech } from './double-bitstamp.ts';
import { BybitDouble, bybitSpeech } from './double-bybit.ts';
import { CoinbaseDouble, coinbaseSpeech } from './double-coinbase.ts';
import { DeribitDouble, deribitSpeech } from './double-deribit.ts';
import { HyperliquidDouble, hyperliquidSpeech } from './double-hyperliquid.ts';
import { KrakenDouble, krakenSpeech } from './double-kraken.ts';
import { type DoubleMarket, levelDigest, plain } from './double-market.ts';
import { OkxDouble, okxSpeech } from './double-okx.ts';
import { type DoubleFaults, DoubleVenue } from './double-venue.ts';
import { DoubleWire } from './double-wire.ts';
import { compareTrades } from './told-trades.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/', import.meta.url));
const SPOT = `${FIXTURES}binance-20240808/spot-ethusdt.gz`;
const USDM = `${FIXTURES}binance-20240808/usdm-ethusdt.gz`;
const KRAKEN = `${FIXTURES}kraken-v2-20230730/btcusd.ndjson.gz`;

/** How far a book may be behind its venue while it says `ok`. */
const BEHIND_MS = 3_000;
const STEP_MS = 50;

export const DOUBLES = [
  'binance',
  'binance-usdm',
  'binance-coinm',
  'bitfinex',
  'bitstamp',
  'coinbase',
  'kraken',
  'okx',
  'bybit',
  'bybit-linear',
  'bybit-inverse',
  'deribit',
  'hyperliquid',
] as const;
export type DoubleName = (typeof DOUBLES)[number];

const BYBIT: Partial<Record<DoubleName, string>> = {
  bybit: 'spot',
  'bybit-linear': 'linear',
  'bybit-inverse': 'inverse',
};

/** A venue with two markets; of Kraken, `copies` of them. */
export function doubleOf(name: DoubleName, clock: Clock, copies = 2): DoubleVenue {
  if (name === 'kraken' && copies > 2) {
    const ids = Array.from({ length: copies }, (_, i) => `C${i}/USD`);
    return new DoubleVenue(
      clock,
      krakenSpeech,
      ids.map((id) => new KrakenDouble(id, KRAKEN)),
    );
  }
  if (name === 'kraken')
    return new DoubleVenue(clock, krakenSpeech, [
      new KrakenDouble('BTC/USD', KRAKEN),
      new KrakenDouble('ETH/USD', KRAKEN),
    ]);
  const category = BYBIT[name];
  if (category !== undefined)
    return new DoubleVenue(
      clock,
      bybitSpeech(category),
      namesOf(['BTCUSDT', 'ETHUSDT'], copies).map((id) => new BybitDouble(id, KRAKEN)),
    );
  if (name === 'deribit')
    return new DoubleVenue(
      clock,
      deribitSpeech,
      namesOf(['BTC-PERPETUAL', 'ETH_USDC-PERPETUAL'], copies).map(
        (id) => new DeribitDouble(id, KRAKEN),
      ),
    );
  if (name === 'bitstamp')
    return new DoubleVenue(clock, bitstampSpeech, [
      new BitstampDouble('btcusd', KRAKEN),
      new BitstampDouble('ethusd', KRAKEN),
    ]);
  if (name === 'hyperliquid')
    return new DoubleVenue(
      clock,
      hyperliquidSpeech,
      namesOf(['BTC', 'ETH'], copies).map((id) => new HyperliquidDouble(id, KRAKEN)),
    );
  if (name === 'okx')
    return new DoubleVenue(
      clock,
      okxSpeech,
      namesOf(['BTC-USDT', 'ETH-USDT-SWAP'], copies).map((id) => new OkxDouble(id, KRAKEN)),
    );
  if (name === 'binance-coinm')
    return new DoubleVenue(clock, binanceSpeech('/dapi/v1'), [
      new BinanceDouble('ETHUSD_PERP', USDM),
      new BinanceDouble('BTCUSD_PERP', USDM),
    ]);
  if (name === 'bitfinex')
    return new DoubleVenue(clock, bitfinexSpeech, [
      new BitfinexDouble('tBTCUSD', KRAKEN),
      new BitfinexDouble('tETHUSD', KRAKEN),
    ]);
  if (name === 'coinbase')
    return new DoubleVenue(clock, coinbaseSpeech, [
      new CoinbaseDouble('ETH-USD', SPOT),
      new CoinbaseDouble('BTC-USD', SPOT),
    ]);
  const [api, file] = name === 'binance' ? ['/api/v3', SPOT] : ['/fapi/v1', USDM];
  const ids = Array.from({ length: copies }, (_, i) => ['ETHUSDT', 'BTCUSDT'][i] ?? `C${i}USDT`);
  return new DoubleVenue(
    clock,
    binanceSpeech(api),
    ids.map((id) => new BinanceDouble(id, file)),
  );
}

function namesOf(two: readonly string[], count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => two[i] ?? `BTC-C${i}`);
}

type Moment = { readonly at: number; readonly digests: readonly number[] };

export class VenueRig {
  readonly clock = new ManualClock();
  readonly double: DoubleVenue;
  readonly engine: MarketEngine;
  readonly said: MarketEvent[] = [];
  readonly #source: VenueSource;
  readonly #past = new Map<string, Moment[]>();
  readonly #venue: string;

  constructor(
    name: DoubleName,
    seed: number,
    {
      limits,
      hasInstruments = true,
      copies,
      faults,
    }: {
      readonly limits?: Partial<VenueLimits>;
      readonly hasInstruments?: boolean;
      /** Number of markets (Kraken only); default 2. */
      readonly copies?: number;
      /** From the start. */
      readonly faults?: DoubleFaults;
    } = {},
  ) {
    const { clock } = this;
    this.#venue = name;
    this.double = doubleOf(name, clock, copies);
    const venue = LIVE_VENUES.get(name);
    if (venue === undefined) throw new Error(`no venue ${name}`);
    let lives = 0;
    this.engine = new MarketEngine({ clock, nextEpoch: () => `e${++lives}`, candles: () => [] });
    const ingest = new Ingest(this.engine, () => undefined);
    this.#source = new VenueSource({
      wanted: [
        {
          venue: {
            ...venue,
            limits: { ...venue.limits, ...limits },
          },
          origins: { socket: 'ws://double:1', http: 'http://double:1' },
          markets: [...this.double.markets.keys()],
        },
      ],
      wire: new DoubleWire(clock, this.double),
      clock,
      random: new Random(seed),
    });
    this.double.onChange = (market) => this.#note(market);
    Object.assign(this.double.faults, faults, { hasNoInstruments: !hasInstruments });
    this.double.start();
    this.#source.start((event) => {
      this.said.push(event);
      ingest.sink(event);
    });
  }

  /** Its links and bans, as `/v1/venues/status` shows them. */
  status(): VenueStatus {
    const [status] = venuesStatus(this.#source.connectors, this.clock.now()).venues;
    if (status === undefined) throw new Error('no venue is in use');
    return status;
  }

  /** One more market, whatever it is. */
  add(id: string): void {
    this.#source.add(this.#venue, id);
  }

  problemOf(id: string): string | undefined {
    return this.#source.problemOf(`${id}@${this.#venue}`);
  }

  market(id: string): SymbolMarket | undefined {
    return this.engine.market(`${id}@${this.#venue}`);
  }

  audits(id: string): AuditCounts | undefined {
    return this.#source.audits(`${id}@${this.#venue}`);
  }

  get ids(): readonly string[] {
    return [...this.double.markets.keys()];
  }

  /** Advances time, and checks each book that says `ok` against its venue's recent books. */
  run(ms: number): void {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      this.clock.advance(STEP_MS);
      // Every fourth step only: a full book has many levels.
      if ((passed / STEP_MS) % 4 === 0) for (const id of this.ids) this.check(id);
    }
  }

  /** Time in ms until all books are right and ok; undefined if that takes longer. */
  untilRight(withinMs: number): number | undefined {
    for (let passed = 0; passed <= withinMs; passed += 200) {
      if (this.ids.every((id) => this.isRight(id))) return passed;
      this.run(200);
    }
    return undefined;
  }

  isRight(id: string): boolean {
    const market = this.market(id);
    return market?.state === 'ok' && this.check(id);
  }

  check(id: string): boolean {
    const market = this.market(id);
    const double = this.double.markets.get(id);
    if (market?.state !== 'ok' || double === undefined) return false;
    const now = this.clock.monotonic();
    const past = this.#past.get(id) ?? [];
    const digest = digestOf(market);
    const at = past.findLastIndex(({ digests }) => digests.includes(digest));
    const isPresent = at >= 0 || digestsOf(double).includes(digest);
    const next = past[at + 1];
    if (!isPresent) throw new Error(`${id}: a book that the venue never had says ok`);
    if (at >= 0 && next !== undefined && now - next.at > BEHIND_MS)
      throw new Error(`${id}: a book that is ${now - next.at} ms behind says ok`);
    return true;
  }

  /** Numbers of trades: reported twice or never made; missing; reported as lost. */
  tradesOf(id: string): {
    readonly wrong: number;
    readonly missing: number;
    readonly lost: number;
  } {
    const market = this.market(id);
    const double = this.double.markets.get(id);
    if (market === undefined || double === undefined) return { wrong: 0, missing: 0, lost: 0 };
    const price = new DecimalScale(market.instrument.tickSize);
    const size = new DecimalScale(market.instrument.lotSize);
    const told = this.said.flatMap((event) =>
      event.type === 'trade' && event.symbol === market.symbol
        ? [
            `${event.eventTime} ${price.toPlainText(event.priceTicks)} ${size.toPlainText(event.sizeLots)} ${event.aggressor}`,
          ]
        : [],
    );
    const real = double.trades
      .filter(({ kind }) => kind === 'MARKET')
      .map((trade) => {
        const aggressor = trade.isBuyerMaker ? 'sell' : 'buy';
        return `${trade.time} ${plain(trade.price)} ${plain(trade.size)} ${aggressor}`;
      });
    const spans = this.#unknownOf(market.symbol);
    // Nothing counts the trades of an interruption whose span is reported as unknown.
    const isKnown = (trade: string): boolean =>
      spans.every(([from, to]) => Number.parseInt(trade) < from || Number.parseInt(trade) > to);
    const { wrong, missing } = compareTrades(told, real, isKnown);
    const lost = this.said.reduce((sum, event) => {
      const isOfIt = event.type === 'status' && event.message.startsWith(`${market.symbol}: `);
      const count = isOfIt ? /(\d+) trades are missing/.exec(event.message)?.[1] : undefined;
      return sum + Number(count ?? 0);
    }, 0);
    return { wrong, missing, lost };
  }

  #unknownOf(symbol: string): readonly (readonly [from: number, to: number])[] {
    return this.said.flatMap((event) => {
      if (event.type !== 'status' || !event.message.startsWith(`${symbol}: `)) return [];
      const span = /unknown number of trades may be missing between (\S+) and (\S+):/;
      const [, from, to] = span.exec(event.message) ?? [];
      return from === undefined || to === undefined ? [] : [[Date.parse(from), Date.parse(to)]];
    });
  }

  close(): void {
    this.#source.close();
    this.double.stop();
  }

  #note(market: DoubleMarket): void {
    let past = this.#past.get(market.id);
    if (past === undefined) {
      past = [];
      this.#past.set(market.id, past);
    }
    const digests = digestsOf(market);
    if (past.at(-1)?.digests.join() !== digests.join())
      past.push({ at: this.clock.monotonic(), digests });
  }
}

function digestsOf({ possible, truth }: DoubleMarket): readonly number[] {
  return possible ?? [truth.digest];
}

function digestOf(market: SymbolMarket): number {
  const price = new DecimalScale(market.instrument.tickSize);
  const size = new DecimalScale(market.instrument.lotSize);
  let digest = 0;
  for (const side of ['bids', 'asks'] as const)
    for (const [ticks, lots] of market.book[side].top())
      digest = (digest + levelDigest(side, price.toPlainText(ticks), size.toPlainText(lots))) | 0;
  return digest;
}

/** As in the goldens: sha256 of all levels as text, bids first, each side best first. */
export function hashOfBook({ book, instrument }: SymbolMarket): string {
  const price = new DecimalScale(instrument.tickSize);
  const size = new DecimalScale(instrument.lotSize);
  const lines = (['bids', 'asks'] as const).flatMap((side) =>
    book[side].top().map(([p, s]) => `${side[0]} ${price.toPlainText(p)} ${size.toPlainText(s)}`),
  );
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
