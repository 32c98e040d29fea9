/*
 * The embedded default source: several simulated markets on one clock, deterministic by seed, scenario, model version
 * and start time (the time of day matters), and by the market time of every change of scenario.
 *
 *   common factor, news, scenario --> one slot (10 ms) of every symbol --> sorted by time --> sink
 *
 * Slots do not depend on pacing, so `advanceTo` (history, tests) and `start` (live) give the same market.
 */
import type {
  MarketEvent,
  MarketSink,
  MarketSource,
} from '@tapedeck/market/instrument/market-event';
import { assert, must } from '@tapedeck/market/number/assert';
import type { EpochMs } from '@tapedeck/market/number/level';
import { Random } from '@tapedeck/market/number/random';
import { type Cancel, type Clock, LONG_AGO, type MonotonicMs } from '@tapedeck/market/time/clock';

import { byTime } from './event-order.ts';
import { MODEL_VERSION } from './model-version.ts';
import { NewsDesk } from './news-desk.ts';
import { ScenarioRun, type SimulatorSlot } from './scenario-run.ts';
import { type ScenarioName, SCENARIOS } from './scenario.ts';
import { streamSeed } from './seed-hash.ts';
import { SIM_INSTRUMENTS, type SimInstrument } from './sim-instrument.ts';
import { SLOT_MS, SymbolModel } from './symbol-model.ts';

/** How often a running simulator emits what is due. */
const PACE_MS = 20;
/**
 * Delay that is caught up with at once: of a busy start, a stall, a small step of the wall clock. A longer one means
 * that the machine slept or its clock was set forward: simulating hours would be a burst that nobody can use, so they
 * are left out and reported.
 */
export const MAX_CATCH_UP_MS = 5_000;
/** A market ahead of the wall clock by no more than that runs this much slower until they meet. */
const SLOWED = 0.9;
/** About one headline per minute that moves nothing, so that a new user sees news at once. */
const NOISE_PER_HOUR = 70;
/** The venue reports routinely that all is well, in market time. */
const ROUTINE_STATUS_MS = 600_000;

export type SimulatorOptions = {
  readonly seed: number;
  readonly scenario: ScenarioName;
  /** Market time over wall time, > 0. */
  readonly speed: number;
  readonly clock: Clock;
  /** Market time at which it starts. */
  readonly from: EpochMs;
  /** The simulated symbols to run, in any order; all by default. */
  readonly symbols?: readonly string[] | undefined;
  /** Initial prices in ticks, so that a generated day and the book join. */
  readonly startPriceTicks?: ReadonlyMap<string, number> | undefined;
};

/** A market source without a network: it never ends, and the same options make the same events. */
export class Simulator implements MarketSource {
  readonly #options: SimulatorOptions;
  readonly #models: readonly SymbolModel[];
  readonly #modelOf: ReadonlyMap<string, SymbolModel>;
  readonly #common: Random;
  readonly #news: NewsDesk;
  /** Start of the next slot in model time, which has no pauses. */
  #next: EpochMs;
  /** Market time minus model time: what was left out. */
  #skippedMs = 0;
  #run: ScenarioRun;
  /** The next scenario, from the next slot on. */
  #wanted: ScenarioName | undefined;
  #changes = 0;
  #routineAt: EpochMs;
  #sink: MarketSink | undefined;
  #cancel: Cancel | undefined;
  #closed = false;
  /** While it runs, market time `#anchorMarket` corresponds to wall time `#anchorWall`. */
  #anchorWall: EpochMs = 0;
  #anchorMarket: EpochMs = 0;
  /** Market time that it should have reached, and when that was. */
  #target: EpochMs = 0;
  #targetAt = LONG_AGO;

  /** @throws if a symbol is not simulated or the speed is not positive. */
  constructor(options: SimulatorOptions) {
    assert(
      options.speed > 0 && Number.isFinite(options.speed),
      `speed must be positive, got ${options.speed}`,
    );
    const profiles = pick(options.symbols);
    this.#options = options;
    this.#models = profiles.map((profile) => {
      const start = options.startPriceTicks?.get(profile.instrument.symbol);
      return new SymbolModel(profile, options.seed, start);
    });
    this.#modelOf = new Map(this.#models.map((model) => [model.symbol, model]));
    this.#common = new Random(streamSeed(options.seed, 'common'));
    this.#news = new NewsDesk({
      seed: options.seed,
      instruments: profiles,
      from: options.from,
      jumps: SCENARIOS[options.scenario].news,
      noisePerHour: NOISE_PER_HOUR,
    });
    this.#next = options.from;
    const { seed, scenario, from } = options;
    this.#run = new ScenarioRun({ name: scenario, models: this.#models, seed, from });
    this.#routineAt = options.from + ROUTINE_STATUS_MS;
  }

  /** Market time up to which it has run. */
  get marketTime(): EpochMs {
    return this.#next + this.#skippedMs;
  }

  /** The current scenario. */
  get scenario(): ScenarioName {
    return this.#wanted ?? this.#run.name;
  }

  /**
   * Switches to another scenario (or restarts the same one) from the next slot on; returns that slot's market time.
   * The books continue as they are. The same changes at the same market times make the same market.
   */
  change(scenario: ScenarioName): EpochMs {
    this.#wanted = scenario;
    return this.marketTime;
  }

  /**
   * Runs at the clock's pace. Market time is wall time here, at any speed: the delay of the start is caught up with
   * by the first pace. A new sink gets the market's instruments and snapshots first.
   */
  start(sink: MarketSink): void {
    assert(this.#cancel === undefined && !this.#closed, 'a simulator starts once');
    const { clock } = this.#options;
    const wall = clock.now();
    this.#introduce(sink, wall);
    this.#anchorWall = wall;
    this.#anchorMarket = Math.max(this.marketTime, wall);
    this.#target = this.#anchorMarket;
    this.#targetAt = clock.monotonic();
    this.#cancel = clock.every(PACE_MS, () => this.#pace(sink));
  }

  /**
   * Runs to market time `time` at once, in whole slots of 10 ms, with `receiveTime` equal to `eventTime`. For history
   * and tests, before `start`, which continues from there.
   */
  advanceTo(time: EpochMs, sink: MarketSink): void {
    assert(
      this.#cancel === undefined && !this.#closed,
      'a running simulator is paced by its clock',
    );
    this.#introduce(sink, undefined);
    this.#advance(time, sink, undefined);
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #introduce(sink: MarketSink, receiveTime: EpochMs | undefined): void {
    if (this.#sink === sink) return;
    this.#sink = sink;
    const { seed } = this.#options;
    const { name: scenario, scenario: played } = this.#run;
    const time = this.marketTime;
    for (const model of this.#models) sink({ type: 'instrument', instrument: model.instrument });
    for (const model of this.#models) sink(model.snapshot(time, receiveTime ?? time));
    for (const model of this.#models) {
      if (!model.paused || played.fault !== 'halt') continue;
      const { symbol } = model;
      sink({ type: 'state', symbol, eventTime: time, state: 'halted', reason: 'halt' });
    }
    const message = `simulated market: seed ${seed}, scenario ${scenario}, model ${MODEL_VERSION}`;
    sink({
      type: 'status',
      time,
      severity: 'info',
      kind: 'venue-link',
      symbols: this.#symbols(),
      message,
    });
  }

  #pace(sink: MarketSink): void {
    const { clock, speed } = this.#options;
    const wall = clock.now();
    this.#aim(wall, clock.monotonic());
    const behindMs = (this.#target - this.marketTime) / speed;
    if (behindMs > MAX_CATCH_UP_MS) this.#skip(behindMs, wall, sink);
    else this.#advance(this.#target, sink, wall);
  }

  /**
   * Where the market should be. It follows the wall clock forward, and the monotonic clock if the wall clock was set
   * back: market time never goes back, never stops, and is wall time again when the wall clock is right again.
   */
  #aim(wall: EpochMs, at: MonotonicMs): void {
    const { speed } = this.#options;
    const passedMs = at - this.#targetAt;
    const byWall = this.#anchorMarket + (wall - this.#anchorWall) * speed;
    const aheadMs = (this.#target - byWall) / speed + passedMs;
    const isSlowed = aheadMs > 0 && aheadMs <= MAX_CATCH_UP_MS;
    const goneMs = isSlowed ? passedMs * SLOWED : passedMs;
    this.#target = Math.max(byWall, this.#target + goneMs * speed);
    this.#targetAt = at;
  }

  /** The machine slept: market time jumps to where it should be, and every book starts over there. */
  #skip(behindMs: number, now: EpochMs, sink: MarketSink): void {
    this.#skippedMs += Math.floor(this.#target - this.marketTime);
    const time = this.marketTime;
    const seconds = Math.round(behindMs / 1_000);
    const message = `${seconds} s are missing: the simulator or its machine stood still, or the clock was set forward; the market goes on from now`;
    sink({
      type: 'status',
      time,
      severity: 'warning',
      kind: 'venue-link',
      symbols: this.#symbols(),
      message,
    });
    for (const model of this.#models) {
      const { symbol } = model;
      // A halted or silent market stays so until its script ends that.
      if (model.paused) continue;
      sink({ type: 'state', symbol, eventTime: time, state: 'syncing', reason: 'upstream-gap' });
      sink(model.snapshot(time, now));
      sink({ type: 'state', symbol, eventTime: time, state: 'ok', reason: 'upstream-gap' });
    }
  }

  /** Runs every slot that ends at or before market time `until`. */
  #advance(until: EpochMs, sink: MarketSink, receiveTime: EpochMs | undefined): void {
    const out: MarketEvent[] = [];
    while (this.marketTime + SLOT_MS <= until && !this.#closed) {
      out.length = 0;
      this.#slot(out, receiveTime);
      for (const event of out) {
        // The sink may close its source.
        if (this.#closed) return;
        sink(event);
      }
    }
  }

  #slot(out: MarketEvent[], receiveTime: EpochMs | undefined): void {
    const time = this.marketTime;
    const slot = { time, modelTime: this.#next, receiveTime, out };
    if (this.#wanted !== undefined) this.#begin(this.#wanted, slot);
    this.#run.before(slot);
    this.#publishNews(out);
    if (this.#next >= this.#routineAt) {
      this.#routineAt += ROUTINE_STATUS_MS;
      const message = 'sim: routine check of the matching engine passed, no interruption';
      out.push({
        type: 'status',
        time,
        severity: 'info',
        kind: 'maintenance',
        symbols: this.#symbols(),
        message,
      });
    }
    const common = this.#common.normal();
    for (const model of this.#models)
      model.runSlot(time, this.#run.knobs, common, out, receiveTime);
    this.#run.after(slot);
    this.#next += SLOT_MS;
    // Stable, so that each symbol keeps its own order: a trade before the update it causes.
    if (this.#models.length > 1 || this.#run.hasFault) out.sort(byTime);
  }

  #begin(name: ScenarioName, slot: SimulatorSlot): void {
    this.#wanted = undefined;
    this.#run.end(slot);
    const seed = streamSeed(this.#options.seed, `scenario-${++this.#changes}`);
    this.#run = new ScenarioRun({ name, models: this.#models, seed, from: slot.modelTime });
    this.#news.pace(this.#run.scenario.news, slot.modelTime);
    slot.out.push({
      type: 'status',
      time: slot.time,
      severity: 'warning',
      kind: 'scenario',
      symbols: this.#symbols(),
      message: `from here on scenario ${name}: ${this.#run.scenario.description}`,
    });
  }

  #publishNews(out: MarketEvent[]): void {
    for (const item of this.#news.due(this.#next + SLOT_MS)) {
      if (item.kind === 'jump') {
        must(this.#modelOf.get(item.symbol), item.symbol).jump(item.size);
      } else {
        // Planned in model time, sent in market time.
        out.push({ ...item.headline, time: item.headline.time + this.#skippedMs });
      }
    }
  }

  #symbols(): readonly string[] {
    return this.#models.map(({ symbol }) => symbol);
  }
}

/**
 * The simulated instruments of these symbols, in the table's order, so that the order of the request does not matter.
 */
export function pick(symbols: readonly string[] | undefined): readonly SimInstrument[] {
  if (symbols === undefined) return SIM_INSTRUMENTS;
  const known = new Set(SIM_INSTRUMENTS.map(({ instrument }) => instrument.symbol));
  for (const symbol of symbols) assert(known.has(symbol), `no simulated symbol ${symbol}`);
  return SIM_INSTRUMENTS.filter(({ instrument }) => symbols.includes(instrument.symbol));
}
