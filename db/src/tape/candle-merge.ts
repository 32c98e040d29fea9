/*
 * Merges candle rows of several sessions into one series. Recorded candles take precedence over a source's.
 * Consecutive sessions share at most one bucket, whose halves are joined. Where sessions overlap, each bucket comes
 * from the owner of the tape (`tape-owners.ts`): from its row if one session owns the whole bucket, from trades if
 * ownership changes in it.
 */
import { type Grid, gridFactors, regridCandle, regridTrade } from '@tapedeck/market/grid/grid';
import { must } from '@tapedeck/market/number/assert';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Candle } from '@tapedeck/market/tape/candle';
import { candleOf, foldTrade, joinCandles } from '@tapedeck/market/tape/candle-builder';
import type { Trade } from '@tapedeck/market/tape/trade';

import type { SessionMarket } from '../session/session-store.ts';
import type { TapeMarket } from './tape-owners.ts';

/** A part of a session's candles, in order, including those shared with the next part. */
export type CandlePart = {
  readonly market: TapeMarket;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly rows: readonly StoredCandle[];
};
export type StoredCandle = { readonly candle: Candle; readonly backfilled: boolean };
/** The trades of a market with `from <= eventTime <= to`, in order. */
export type TradesWithin = (market: SessionMarket, from: EpochMs, to: EpochMs) => readonly Trade[];

type Entry = {
  readonly part: CandlePart;
  readonly candle: Candle;
  readonly backfilled: boolean;
};

/** `cuts` are the times at which tape ownership changes; `length` is that of a bucket. */
export function mergeCandles(
  parts: readonly CandlePart[],
  cuts: readonly EpochMs[],
  length: number,
  grid: Grid,
  tradesWithin: TradesWithin,
): readonly Candle[] {
  const factorsOf = ({ market }: CandlePart) =>
    must(gridFactors(market, grid), `a grid that ${market.session} fits`);
  const [only, ...others] = parts;
  if (only === undefined) return [];
  if (others.length === 0)
    return only.rows.map(({ candle }) => regridCandle(candle, factorsOf(only)));
  const buckets = new Map<EpochMs, Entry[]>();
  for (const part of parts) {
    const factors = factorsOf(part);
    for (const { candle, backfilled } of part.rows) {
      const entries = buckets.get(candle.openTime) ?? [];
      entries.push({ part, candle: regridCandle(candle, factors), backfilled });
      buckets.set(candle.openTime, entries);
    }
  }
  const isCut = new Set(
    cuts.filter((cut) => cut % length !== 0).map((cut) => cut - (cut % length)),
  );
  /**
   * Built from the trades that each session owns; undefined if there are none. If trades of a row are missing
   * (retention removed them), the last row is used as it is.
   */
  const fromTrades = (openTime: EpochMs, recorded: readonly Entry[]): Candle | undefined => {
    let made: Candle | undefined;
    const end = openTime + length - 1;
    for (const { part, candle } of recorded) {
      const { market, from, to } = part;
      const all = tradesWithin(market, openTime, end);
      if (all.length !== candle.trades) return recorded.at(-1)?.candle;
      for (const each of all) {
        if (each.eventTime < from || each.eventTime > to) continue;
        const trade = regridTrade(each, factorsOf(part));
        made = made === undefined ? candleOf(openTime, trade) : foldTrade(made, trade);
      }
    }
    return made;
  };
  const merged: Candle[] = [];
  for (const [openTime, entries] of buckets) {
    const recorded = entries.filter(({ backfilled }) => !backfilled);
    const candle = isCut.has(openTime)
      ? fromTrades(openTime, recorded)
      : joinedOf(recorded, length);
    const shown = candle ?? bestTold(entries.filter(({ backfilled }) => backfilled));
    if (shown !== undefined) merged.push(shown);
  }
  return merged.toSorted((a, b) => a.openTime - b.openTime);
}

/**
 * Joins the rows of one bucket. Retention removes trades but keeps candles: if an import still has trades for the
 * bucket, rows whose trades are gone are left out.
 */
function joinedOf(recorded: readonly Entry[], length: number): Candle | undefined {
  const whole = recorded.filter(
    ({ part: { market }, candle }) =>
      market.hasTrades && candle.openTime + length > market.firstTime,
  );
  const entries = whole.some(({ part }) => !part.market.isOwn) ? whole : recorded;
  let joined: Candle | undefined;
  for (const { candle } of entries)
    joined = joined === undefined ? candle : joinCandles(candle.openTime, joined, candle);
  return joined;
}

/** If several sources provide a candle, the one with the most trades is used. */
function bestTold(told: readonly Entry[]): Candle | undefined {
  let best: Entry | undefined;
  for (const entry of told) {
    if (best === undefined || entry.candle.trades > best.candle.trades) best = entry;
  }
  return best?.candle;
}
