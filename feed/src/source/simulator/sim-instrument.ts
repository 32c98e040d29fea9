import type { Instrument } from '@tapedeck/market/instrument/instrument';

/** A market's hours: a wave around the clock, a day session between thin hours, or the FX day. */
export type MarketHours = 'crypto' | 'equity' | 'fx';

/**
 * The parameters of one symbol's order flow. Rates are per second at activity 1; distances in ticks from the opposite
 * best price; `unit` is the mean order size.
 */
type FlowProfile = {
  /** Speed of everything (R). */
  readonly rate: number;
  /** Limit orders at distance i arrive at `rate * limit * i^-decay` per side (k, alpha). */
  readonly limit: number;
  readonly decay: number;
  /** Market orders per side (mu). */
  readonly market: number;
  /** How strongly quotes lean towards the fair value, per tick of mispricing (cbias). */
  readonly lean: number;
  /** Volatility of the fair value, ticks per square root of a second (sig0). */
  readonly volatility: number;
  /** Share of the common factor in its moves: 0.6 to 0.9, so that all markets share one mood. */
  readonly beta: number;
  /** Mean order size in lots, and the step that sizes are rounded to. */
  readonly unitLots: number;
  readonly stepLots: number;
};

/** A simulated instrument: what it is, where it starts, how it trades, what headlines call it. */
export type SimInstrument = {
  readonly instrument: Instrument;
  readonly name: string;
  readonly hours: MarketHours;
  readonly startPriceTicks: number;
  readonly flow: FlowProfile;
};

const LARGE_TICK = { limit: 1.92, decay: 0.52, market: 0.94, lean: 0.5 } as const;
const SMALL_TICK = { limit: 0.7, decay: 0.52, market: 1.4, lean: 0.35 } as const;

function sim(base: string, quote: string, tickSize: string, lotSize: string): Instrument {
  const name = quote === '' ? base : `${base}-${quote}`;
  return { symbol: `${name}@sim`, venue: 'sim', base, quote: quote || 'USD', tickSize, lotSize };
}

/** Every simulated instrument, the busiest first. Together about 1,000 events per second on a normal day. */
export const SIM_INSTRUMENTS: readonly SimInstrument[] = [
  {
    instrument: sim('BTC', 'USD', '0.1', '0.00000001'),
    name: 'Bitcoin',
    hours: 'crypto',
    startPriceTicks: 670_125,
    flow: {
      ...LARGE_TICK,
      rate: 1.8,
      volatility: 8,
      beta: 0.9,
      unitLots: 6_000_000,
      stepLots: 1_000,
    },
  },
  {
    instrument: sim('ETH', 'USD', '0.1', '0.000001'),
    name: 'Ether',
    hours: 'crypto',
    startPriceTicks: 34_127,
    flow: {
      ...LARGE_TICK,
      rate: 1,
      volatility: 1.6,
      beta: 0.85,
      unitLots: 900_000,
      stepLots: 100,
    },
  },
  {
    instrument: sim('SOL', 'USD', '0.01', '0.0001'),
    name: 'Solana',
    hours: 'crypto',
    startPriceTicks: 15_241,
    flow: {
      ...LARGE_TICK,
      rate: 0.6,
      volatility: 0.9,
      beta: 0.8,
      unitLots: 150_000,
      stepLots: 100,
    },
  },
  {
    instrument: sim('DOGE', 'USD', '0.00001', '1'),
    name: 'Dogecoin',
    hours: 'crypto',
    startPriceTicks: 12_846,
    flow: { ...LARGE_TICK, rate: 0.5, volatility: 0.9, beta: 0.7, unitLots: 6_000, stepLots: 1 },
  },
  {
    instrument: sim('XRP', 'USD', '0.0001', '0.01'),
    name: 'XRP',
    hours: 'crypto',
    startPriceTicks: 5_832,
    flow: {
      ...LARGE_TICK,
      rate: 0.45,
      volatility: 0.45,
      beta: 0.7,
      unitLots: 90_000,
      stepLots: 100,
    },
  },
  {
    instrument: sim('PEPE', 'USD', '0.0000000001', '1'),
    name: 'Pepe',
    hours: 'crypto',
    startPriceTicks: 12_345,
    flow: {
      ...SMALL_TICK,
      rate: 0.6,
      volatility: 2,
      beta: 0.65,
      unitLots: 500_000_000,
      stepLots: 1_000,
    },
  },
  {
    instrument: sim('ACME', '', '0.01', '1'),
    name: 'Acme Corp',
    hours: 'equity',
    startPriceTicks: 18_735,
    flow: { ...LARGE_TICK, rate: 0.32, volatility: 0.9, beta: 0.6, unitLots: 180, stepLots: 1 },
  },
  {
    instrument: sim('GLOBEX', '', '0.01', '1'),
    name: 'Globex',
    hours: 'equity',
    startPriceTicks: 4_218,
    flow: { ...SMALL_TICK, rate: 0.5, volatility: 0.45, beta: 0.6, unitLots: 250, stepLots: 1 },
  },
  {
    instrument: sim('EUR', 'USD', '0.00001', '1'),
    name: 'Euro',
    hours: 'fx',
    startPriceTicks: 108_452,
    flow: {
      ...LARGE_TICK,
      rate: 0.4,
      volatility: 0.8,
      beta: 0.6,
      unitLots: 120_000,
      stepLots: 1_000,
    },
  },
];
