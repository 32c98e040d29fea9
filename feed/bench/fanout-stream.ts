/*
 * The market of the fan-out bench: 20 busy large-tick symbols from the feed's own simulator, generated ahead, kept in
 * a file and played in wall time, so that every server gets the same events at the same times.
 */
import { readFileSync, writeFileSync } from 'node:fs';

import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { MarketEvent } from '@tapedeck/market/instrument/market-event';
import { Random } from '@tapedeck/market/number/random';

import { SCENARIOS } from '../src/source/simulator/scenario.ts';
import { SIM_INSTRUMENTS } from '../src/source/simulator/sim-instrument.ts';
import { SLOT_MS, SymbolModel } from '../src/source/simulator/symbol-model.ts';

const SEED = 7;
/** Any time will do, but the hour shapes the flow. */
const FROM = 1_760_000_000_000;
/** Of the simulator's busiest symbol, so that each one has about 410 events per second. */
const RATE = 3;
/** The activity of the opening is over. */
const SETTLE_MS = 20_000;

export const QUIET_SYMBOL = 'QUIET-USD@bench';

/** One source event, `at` milliseconds after the stream began. */
type StreamEvent = { readonly at: number; readonly event: BookOrTrade };
export type BookOrTrade = Extract<MarketEvent, { type: 'update' | 'trade' }>;
type Snapshot = Extract<MarketEvent, { type: 'snapshot' }>;

export type FanoutStream = {
  readonly instruments: readonly Instrument[];
  readonly snapshots: readonly Snapshot[];
  /** In order of time. */
  readonly events: readonly StreamEvent[];
};

export function generateStream(symbols: number, ms: number, quietEveryMs?: number): FanoutStream {
  const busiest = SIM_INSTRUMENTS[0];
  if (busiest === undefined) throw new Error('no simulated instrument');
  const models = Array.from({ length: symbols }, (_, i) => {
    const instrument = { ...busiest.instrument, symbol: `S${i}-USD@bench`, venue: 'bench' };
    return new SymbolModel({ ...busiest, instrument, flow: { ...busiest.flow, rate: RATE } }, SEED);
  });
  const knobs = SCENARIOS.normal.knobs();
  const common = new Random(SEED);
  const run = (from: number, to: number, take: (event: MarketEvent) => void): void => {
    for (let time = from; time < to; time += SLOT_MS) {
      const out: MarketEvent[] = [];
      const factor = common.normal();
      for (const model of models) model.runSlot(time, knobs, factor, out, undefined);
      out.sort((a, b) => timeOf(a) - timeOf(b)).forEach(take);
    }
  };
  const start = FROM + SETTLE_MS;
  run(FROM, start, () => {});
  const snapshots = models.map((model) => model.snapshot(start, start) as Snapshot);
  const events: StreamEvent[] = [];
  run(start, start + ms, (event) => {
    if (event.type === 'update' || event.type === 'trade')
      events.push({ at: event.eventTime - start, event });
  });
  const stream = { instruments: models.map(({ instrument }) => instrument), snapshots, events };
  return quietEveryMs === undefined ? stream : withQuietSymbol(stream, ms, quietEveryMs);
}

/** One more symbol, whose best bid changes its size now and then; nothing else ever happens. */
function withQuietSymbol(stream: FanoutStream, ms: number, everyMs: number): FanoutStream {
  const [instrument, snapshot] = [stream.instruments[0], stream.snapshots[0]];
  const best = snapshot?.bids[0];
  if (instrument === undefined || snapshot === undefined || best === undefined) return stream;
  const symbol = QUIET_SYMBOL;
  const quiet = Array.from({ length: Math.floor(ms / everyMs) }, (_, i): StreamEvent => {
    const at = (i + 1) * everyMs;
    const bids = [[best[0], best[1] + i + 1] as const];
    const { eventTime, receiveTime } = snapshot;
    return { at, event: { type: 'update', symbol, eventTime, receiveTime, bids, asks: [] } };
  });
  return {
    instruments: [...stream.instruments, { ...instrument, symbol }],
    snapshots: [...stream.snapshots, { ...snapshot, symbol }],
    events: [...stream.events, ...quiet].toSorted((a, b) => a.at - b.at),
  };
}

export function writeStream(stream: FanoutStream, path: string): void {
  const { instruments, snapshots, events } = stream;
  const lines = events.map((event) => JSON.stringify(event));
  writeFileSync(path, [JSON.stringify({ instruments, snapshots }), ...lines].join('\n'));
}

export function readStream(path: string): FanoutStream {
  const [head, ...lines] = readFileSync(path, 'utf8').split('\n');
  const events = lines.map((line) => JSON.parse(line) as StreamEvent);
  return { ...(JSON.parse(head ?? '') as Omit<FanoutStream, 'events'>), events };
}

/** The event as if it happened at `time`. */
export function atTime(event: BookOrTrade, time: number): BookOrTrade {
  return { ...event, eventTime: time, receiveTime: time };
}

function timeOf(event: MarketEvent): number {
  return 'eventTime' in event ? event.eventTime : 0;
}
