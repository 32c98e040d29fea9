import { unlessUnreadable } from '@tapedeck/db/database/history-error';
import type { History } from '@tapedeck/db/history';
import { SessionWriter } from '@tapedeck/db/recording/session-writer';
import { rowAfter } from '@tapedeck/market/instrument/recorded-state';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Clock } from '@tapedeck/market/time/clock';

import { Ingest } from '../engine/ingest.ts';
import { MarketEngine } from '../engine/market-engine.ts';
import { isCalm, stateRecord } from '../engine/state-record.ts';
import type { SymbolMarket } from '../engine/symbol-market.ts';
import { DeltaConflater } from '../recorder/delta-conflater.ts';
import { backfillDay } from './simulator/backfill.ts';
import { MODEL_VERSION } from './simulator/model-version.ts';
import type { ScenarioName } from './simulator/scenario.ts';
import { SIM_INSTRUMENTS } from './simulator/sim-instrument.ts';
import { Simulator } from './simulator/simulator.ts';

/** Minutes of full books before a first start: enough for a replay to exist at once, and quick to generate. */
const BOOK_MS = 600_000;
/** Books are recorded as the recorder does by default. */
const CONFLATE_MS = 100;

export type SimulationOptions = {
  readonly seed: number;
  readonly scenario: ScenarioName;
  readonly speed: number;
  readonly clock: Clock;
};

/**
 * A simulator with a matching history. In an empty history it generates the day before (candles, headlines) and plays
 * the last minutes into a session of their own, books included; in a history with the same markets, prices continue
 * from the last ones.
 */
export function simulatorWithHistory(history: History, options: SimulationOptions): Simulator {
  const { seed, scenario, speed, clock } = options;
  const now = clock.now();
  // If they are unreadable, prices start over; a file with recordings gets no generated day before them.
  const last = unlessUnreadable(() => lastPrices(history), undefined);
  if (last === undefined || last.size > 0)
    return new Simulator({
      seed,
      scenario,
      speed,
      clock,
      from: now,
      startPriceTicks: last ?? new Map(),
    });
  const day = backfillDay({ seed, to: now - BOOK_MS });
  const simulator = new Simulator({
    seed,
    scenario,
    speed,
    clock,
    from: day.to,
    startPriceTicks: day.closeTicks,
  });
  const begin = (): SessionWriter =>
    SessionWriter.begin(history, {
      id: `sim-before-${new Date(now).toISOString().slice(0, 16).replace(/[-:]/g, '')}`,
      label: 'Simulated before the first start',
      source: 'sim',
      state: 'recording',
      origin: { seed, scenario, modelVersion: MODEL_VERSION, backfilled: true },
      now,
    });
  const sessions = play(simulator, begin, now, clock);
  const [first] = sessions;
  for (const [symbol, candles] of day.candles)
    history.candles.backfill(first, symbol, '1m', candles);
  for (const { type: _, ...body } of day.headlines)
    history.events.append({ id: '', topic: 'news', body }, { session: first });
  for (const session of sessions) history.sessions.close(session, now);
  return simulator;
}

/**
 * Runs the simulator to `to` at once, and writes what the recorder would have written: a market that changes its grid
 * ends a session and begins the next one (P13). Returns their ids.
 */
function play(
  simulator: Simulator,
  begin: () => SessionWriter,
  to: EpochMs,
  clock: Clock,
): readonly [string, ...string[]] {
  let writer = begin();
  const sessions: [string, ...string[]] = [writer.id];
  const pending = new Map<string, { readonly deltas: DeltaConflater; since: EpochMs }>();
  const drain = (market: SymbolMarket): void => {
    const merged = pending.get(market.symbol)?.deltas.take();
    if (merged !== undefined) writer.delta(market.symbol, merged);
  };
  const engine = new MarketEngine({ clock, nextEpoch: () => 'before', candles: () => [] });
  /** All markets move on to it; the changed one follows with its own snapshot. */
  const nextSession = (changed: SymbolMarket): void => {
    for (const market of engine.markets()) if (market !== changed) drain(market);
    pending.get(changed.symbol)?.deltas.clear();
    writer.flush({ partial: true, now: to });
    writer = begin();
    sessions.push(writer.id);
    for (const market of engine.markets()) {
      writer.addInstrument(market.instrument);
      if (market !== changed && market.ready)
        writer.snapshot(market.symbol, market.book.snapshot());
    }
  };
  const told = (market: SymbolMarket): void => {
    drain(market);
    const record = stateRecord(market, market.lastEventTime);
    if (record === undefined) return;
    const last = writer.stateOf(market.symbol);
    const next = rowAfter(last, record);
    if (last !== undefined || !isCalm(next)) writer.state(market.symbol, next);
  };
  engine.listen({
    instrument: (market) => {
      if (pending.has(market.symbol)) nextSession(market);
      else writer.addInstrument(market.instrument);
      pending.set(market.symbol, { deltas: new DeltaConflater(), since: 0 });
    },
    snapshot: (market, snapshot) => {
      drain(market);
      writer.snapshot(market.symbol, snapshot);
    },
    delta: (market, delta) => {
      const slot = pending.get(market.symbol);
      if (slot === undefined) return;
      if (delta.eventTime - slot.since >= CONFLATE_MS) {
        drain(market);
        slot.since = delta.eventTime;
      }
      slot.deltas.add(delta);
    },
    trade: (market, trade) => writer.trade(market.symbol, trade),
    state: told,
    reset: told,
  });
  const ingest = new Ingest(engine, (event) => {
    if (event.type !== 'headline') return;
    const { type: _, ...body } = event;
    writer.event({ id: '', topic: 'news', body });
  });
  simulator.advanceTo(to, ingest.sink);
  for (const market of engine.markets()) drain(market);
  writer.flush({ partial: true, now: to });
  return sessions;
}

/** Last recorded prices of simulated symbols. */
function lastPrices(history: History): ReadonlyMap<string, number> {
  const prices = new Map<string, number>();
  for (const symbol of history.instruments.recorded()) {
    if (!symbol.endsWith('@sim')) continue;
    const grid = SIM_INSTRUMENTS.find(({ instrument }) => instrument.symbol === symbol)?.instrument;
    if (grid === undefined) continue;
    // In the model's own ticks, whatever grid a scenario set: a price between two ticks starts at the nearest.
    const newest = history.candles.series({ symbol, interval: '1m', limit: 1 }, grid);
    const last = newest.candles.at(-1);
    if (last === undefined || newest.grid === undefined) continue;
    const price = last.close * Number(newest.grid.tickSize);
    prices.set(symbol, Math.round(price / Number(grid.tickSize)));
  }
  return prices;
}
