/* Recordings for tests: one generated market in one session, written as the recorder writes it. */
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { EpochMs } from '@tapedeck/market/number/level';

import type { History } from '../history.ts';
import { SessionWriter } from '../recording/session-writer.ts';
import type { MarketStep } from './random-market.ts';

export const SYMBOL = 'BTC-USD@sim';
/** Start time of the recordings. */
export const START: EpochMs = 1_760_000_000_000;
export const INSTRUMENT: Instrument = {
  symbol: SYMBOL,
  venue: 'sim',
  base: 'BTC',
  quote: 'USD',
  tickSize: '0.1',
  lotSize: '0.001',
};

/** Begins a session with one market and no data. With a fingerprint it is an import. */
export function beginRecording(
  history: History,
  options: {
    readonly id?: string;
    readonly now?: EpochMs;
    readonly fingerprint?: string | undefined;
    readonly instrument?: Instrument;
  } = {},
): SessionWriter {
  const { id = 'one', now = START, fingerprint, instrument = INSTRUMENT } = options;
  const settings = { id, label: id, origin: {}, fingerprint, now };
  const writer = SessionWriter.begin(history, { ...settings, source: 'sim', state: 'recording' });
  writer.addInstrument(instrument);
  return writer;
}

/** Records one step of a generated market. @throws if a delta does not follow the one before. */
export function recordStep(writer: SessionWriter, step: MarketStep, symbol = SYMBOL): void {
  if (step.type === 'snapshot') writer.snapshot(symbol, step.snapshot);
  else if (step.type === 'trade') writer.trade(symbol, step.trade);
  else {
    const outcome = writer.delta(symbol, step.delta);
    if (outcome !== 'apply') throw new Error(`change ${step.delta.sequence}: ${outcome}`);
  }
}
