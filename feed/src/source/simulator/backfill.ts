/*
 * The day before the simulator starts: the same hidden fair value in steps of a second, without a book, so that no
 * chart is empty at a first start. Candles are those that trades around that value would have made.
 */
import type { HeadlineEvent } from '@tapedeck/market/instrument/market-event';
import type { EpochMs } from '@tapedeck/market/number/level';
import { Random } from '@tapedeck/market/number/random';
import type { Candle } from '@tapedeck/market/tape/candle';
import { bucketStart } from '@tapedeck/market/tape/candle';

import { FairValue } from './fair-value.ts';
import { intraday } from './intraday.ts';
import { NewsDesk } from './news-desk.ts';
import { streamSeed } from './seed-hash.ts';
import type { SimInstrument } from './sim-instrument.ts';
import { pick } from './simulator.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
/**
 * Trades per second at activity 1, relative to the rates: turbulence and clustering then give those of an average
 * day.
 */
const TRADE_SHARE = 0.9;
const NOISE_PER_HOUR = 1;

export type BackfillOptions = {
  readonly seed: number;
  /** Where the day ends; cut to the whole minute. */
  readonly to: EpochMs;
  readonly symbols?: readonly string[] | undefined;
};

export type Backfill = {
  /** The whole minute at which the day ends: the simulator should start here. */
  readonly to: EpochMs;
  /** 1,440 one-minute candles for each symbol, oldest first; the last closes at `to`. */
  readonly candles: ReadonlyMap<string, readonly Candle[]>;
  /** Last price of each symbol, for the simulator's `startPriceTicks`. */
  readonly closeTicks: ReadonlyMap<string, number>;
  /** Headlines of that day, oldest first; those of jumps in the candles have their `eventId`. */
  readonly headlines: readonly HeadlineEvent[];
};

type Path = {
  readonly profile: SimInstrument;
  readonly fair: FairValue;
  readonly random: Random;
  readonly candles: Candle[];
  last: number;
};

/** Generates the day before `to`. Well under a second for all symbols. */
export function backfillDay(options: BackfillOptions): Backfill {
  const to = bucketStart(options.to, '1m');
  const from = to - DAY_MINUTES * MINUTE_MS;
  const profiles = pick(options.symbols);
  const seed = streamSeed(options.seed, 'backfill');
  const common = new Random(streamSeed(seed, 'common'));
  const news = new NewsDesk({
    seed,
    instruments: profiles,
    from,
    jumps: 1,
    noisePerHour: NOISE_PER_HOUR,
  });
  const paths = profiles.map((profile): Path => {
    const random = new Random(streamSeed(seed, profile.instrument.symbol));
    const { startPriceTicks, flow } = profile;
    const fair = new FairValue(random, startPriceTicks, flow.volatility, flow.beta);
    return { profile, fair, random, candles: [], last: startPriceTicks };
  });
  const byName = new Map(paths.map((path) => [path.profile.instrument.symbol, path]));
  const headlines: HeadlineEvent[] = [];
  // One common factor for all paths: the shocks of a minute are drawn once.
  const shocks = new Float64Array(60);
  for (let minute = 0; minute < DAY_MINUTES; minute++) {
    const openTime = from + minute * MINUTE_MS;
    for (const item of news.due(openTime + MINUTE_MS)) {
      if (item.kind === 'headline') headlines.push(item.headline);
      else {
        const path = byName.get(item.symbol);
        path?.fair.move(item.size * path.fair.volatility);
      }
    }
    for (let second = 0; second < 60; second++) shocks[second] = common.normal();
    for (const path of paths) runMinute(path, openTime, shocks);
  }
  return {
    to,
    candles: new Map(paths.map((path) => [path.profile.instrument.symbol, path.candles])),
    closeTicks: new Map(paths.map((path) => [path.profile.instrument.symbol, path.last])),
    headlines: headlines.filter(({ time }) => time < to),
  };
}

function runMinute(path: Path, openTime: EpochMs, shocks: Float64Array): void {
  const { profile, fair, random } = path;
  const hours = intraday(profile.hours, openTime);
  const open = path.last;
  let high = open;
  let low = open;
  let close = open;
  for (const shock of shocks) {
    fair.step(1, shock, Math.sqrt(hours), 0);
    close = Math.round(fair.ticks);
    if (close > high) high = close;
    if (close < low) low = close;
  }
  path.last = close;
  const { flow } = profile;
  const pace = flow.rate * 2 * flow.market * hours * Math.sqrt(fair.turbulence) * TRADE_SHARE;
  const mean = 60 * pace;
  const wave = Math.exp(0.35 * random.normal());
  const trades = Math.max(1, Math.round(mean * wave + Math.sqrt(mean) * random.normal()));
  const volume = wholeSteps(
    trades * flow.unitLots * Math.exp(0.15 * random.normal()),
    flow.stepLots,
  );
  // Buyers have the larger share of a rising minute.
  const lean = Math.tanh((close - open) / (flow.volatility * 15));
  const share = Math.min(0.95, Math.max(0.05, 0.5 + 0.22 * lean + 0.06 * random.normal()));
  const buyVolume = Math.min(volume, wholeSteps(volume * share, flow.stepLots));
  path.candles.push({ openTime, open, high, low, close, volume, buyVolume, trades });
}

function wholeSteps(lots: number, stepLots: number): number {
  return Math.max(stepLots, Math.round(lots / stepLots) * stepLots);
}
