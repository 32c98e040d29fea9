import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { GapReason, WrittenGap } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';

import { DeltaConflater } from './delta-conflater.ts';
import type { Control } from './recorder-message.ts';
import type { RecorderOptions } from './recorder-options.ts';
import { StateTrack } from './state-track.ts';

/** The recorder's state of one market. */
export type RecordedMarket = {
  readonly number: number;
  instrument: Instrument;
  readonly pending: DeltaConflater;
  /** Each change is recorded by itself. */
  readonly isExact: boolean;
  /** Time of the last event handed over. */
  lastTime: EpochMs;
  readonly states: StateTrack;
  /** Set while book data is not recorded: since when. */
  lostFrom: EpochMs | undefined;
  /** Set while trades are not recorded: since when. */
  tradesLostFrom: EpochMs | undefined;
};

/** A market without any data yet. */
export function beginningMarket(
  number: number,
  instrument: Instrument,
  { mode, isExact }: Pick<RecorderOptions, 'mode' | 'isExact'>,
): RecordedMarket {
  return {
    number,
    instrument,
    pending: new DeltaConflater(),
    isExact: mode === 'raw' || isExact?.(instrument.symbol) === true,
    lastTime: 0,
    states: new StateTrack(),
    lostFrom: undefined,
    tradesLostFrom: undefined,
  };
}

/** Its book is not recorded from this time on, until it continues from a snapshot. */
export function loseBook(market: RecordedMarket, from: EpochMs): void {
  market.pending.clear();
  market.lostFrom ??= from;
}

/** Everything after the last commit is lost; its times are unknown, but none is earlier. */
export function loseAfter(market: RecordedMarket, lastCommit: number): void {
  const from = Math.min(market.lastTime, lastCommit);
  loseBook(market, from);
  if (from < market.lastTime && from > 0) market.tradesLostFrom ??= from;
}

/** The hole that ends with a book; none for a market that lost its very first data: its recording begins here. */
export function endedBookGap(market: RecordedMarket, to: EpochMs): WrittenGap | undefined {
  const from = market.lostFrom;
  market.lostFrom = undefined;
  return from === undefined || from === 0 ? undefined : gapOf(market, from, to, 'overflow');
}

/** The hole that ends with a trade. */
export function endedTradeGap(market: RecordedMarket, to: EpochMs): WrittenGap | undefined {
  const from = market.tradesLostFrom;
  market.tradesLostFrom = undefined;
  return from === undefined ? undefined : gapOf(market, from, to, 'trades-overflow');
}

/** Announces a market and its state to a new session. */
export function introduced({ number, instrument, states }: RecordedMarket): Control {
  states.restart();
  return { type: 'instrument', market: number, instrument };
}

function gapOf(market: RecordedMarket, from: EpochMs, to: EpochMs, reason: GapReason): WrittenGap {
  return { symbol: market.instrument.symbol, from, to: Math.max(from, to), reason };
}
