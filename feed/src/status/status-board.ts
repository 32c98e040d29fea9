import type { Cancel, Clock } from '@tapedeck/market/time/clock';
import type { ChaosReport } from '@tapedeck/market/wire/chaos';
import type { StatusReport } from '@tapedeck/market/wire/http';
import type { SimulationReport } from '@tapedeck/market/wire/simulation';

import type { MarketEngine } from '../engine/market-engine.ts';
import { standingOf } from '../engine/market-standing.ts';
import { Ring } from '../engine/ring.ts';
import type { EventLog } from '../event/event-log.ts';
import type { StreamGateway } from '../stream/gateway/stream-gateway.ts';
import type { LoopDelay } from './loop-delay.ts';
import { percentilesOf } from './percentiles.ts';
import { residentBytes } from './process-memory.ts';

const SAMPLE_MS = 1_000;
/** Five minutes of one value per second. */
const SERIES = 300;
const EVENTS = 100;

type RecorderReport = StatusReport['recorder'];

export type StatusBoardOptions = {
  readonly clock: Clock;
  readonly engine: MarketEngine;
  readonly gateway: StreamGateway;
  readonly log: EventLog;
  readonly loop: LoopDelay;
  readonly build: string;
  readonly source: string;
  /** Scenario, seed and model of a simulated market. */
  readonly simulation?: () => SimulationReport | undefined;
  /** Injected faults, if they are allowed. */
  readonly chaos?: (() => ChaosReport) | undefined;
  /** Symbols that a live venue was asked for and that are in no list yet. */
  readonly awaited?: () => readonly string[];
  readonly sseCount: () => number;
  /** How many clients were refused (P23, P24). */
  readonly refused: () => number;
  readonly recorder: () => RecorderReport;
  readonly history: () => StatusReport['history'];
};

type Rates = { deltas: number; trades: number; deltasPerSecond: number; tradesPerSecond: number };
const NAMES = [
  'deltasPerSecond',
  'tradesPerSecond',
  'connections',
  'framesPerSecond',
  'kilobytesPerSecond',
  'lagMs',
  'eventLoopMs',
  'recorderQueue',
  'memoryMb',
] as const;

/** The feed's own status, sampled once a second; `/v1/status`, `/metrics` and `/readyz` read it. */
export class StatusBoard {
  readonly #options: StatusBoardOptions;
  readonly #startedAt: number;
  readonly #rates = new Map<string, Rates>();
  readonly #series = new Map<string, Ring<number>>(NAMES.map((name) => [name, new Ring(SERIES)]));
  readonly #cancel: Cancel;
  #frames = 0;
  #bytes = 0;

  constructor(options: StatusBoardOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.#cancel = options.clock.every(SAMPLE_MS, () => this.#sample());
  }

  close(): void {
    this.#cancel();
  }

  /** The feed's identity, and its clock. */
  identity(): { readonly now: number; readonly epoch: string; readonly build: string } {
    const { clock, log, build } = this.#options;
    return { now: clock.now(), epoch: log.epoch, build };
  }

  get awaited(): readonly string[] {
    return this.#options.awaited?.() ?? [];
  }

  report(): StatusReport {
    const { clock, engine, gateway, log, build, source, simulation, chaos } = this.#options;
    const now = clock.now();
    const simulated = simulation?.();
    const connections = [...gateway.connections];
    const levels = [0, 0, 0, 0];
    for (const connection of connections)
      levels[connection.level] = (levels[connection.level] ?? 0) + 1;
    return {
      now,
      startedAt: this.#startedAt,
      build,
      epoch: log.epoch,
      source,
      ...(simulated === undefined
        ? {}
        : {
            scenario: simulated.scenario,
            seed: simulated.seed,
            modelVersion: simulated.modelVersion,
          }),
      symbols: engine.markets().map((market) => ({
        symbol: market.symbol,
        ...standingOf(market),
        sequence: market.book.sequence,
        ageMs: market.time.ageMs(clock.monotonic()) ?? null,
        gaps: market.gapCount,
        resyncs: gateway.resyncsOf(market.symbol),
        crossed: market.crossedCount,
        deltasPerSecond: this.#rates.get(market.symbol)?.deltasPerSecond ?? 0,
        tradesPerSecond: this.#rates.get(market.symbol)?.tradesPerSecond ?? 0,
        levels: { bids: market.book.bids.length, asks: market.book.asks.length },
      })),
      connections: {
        websocket: gateway.webSocketCount,
        sse: this.#options.sseCount(),
        levels,
        bufferedBytes: connections.reduce((sum, each) => sum + each.bufferedBytes, 0),
        resyncs: gateway.counters.resyncs,
        refused: this.#options.refused(),
      },
      lagMs: percentilesOf(lagsOf(connections)),
      eventLoopMs: this.#options.loop.last,
      recorder: this.#options.recorder(),
      history: this.#options.history(),
      memoryBytes: residentBytes(),
      ...(chaos === undefined ? {} : { chaos: chaos() }),
      series: Object.fromEntries([...this.#series].map(([name, ring]) => [name, ring.tail()])),
      events: log
        .recent(['status'], EVENTS)
        .flatMap((event) => (event.topic === 'status' ? [event.body] : [])),
    };
  }

  #sample(): void {
    const { engine, gateway } = this.#options;
    let deltas = 0;
    let trades = 0;
    for (const market of engine.markets()) {
      const before = this.#rates.get(market.symbol);
      const rates: Rates = {
        deltas: market.deltaCount,
        trades: market.tradeCount,
        deltasPerSecond: before === undefined ? 0 : market.deltaCount - before.deltas,
        tradesPerSecond: before === undefined ? 0 : market.tradeCount - before.trades,
      };
      this.#rates.set(market.symbol, rates);
      deltas += rates.deltasPerSecond;
      trades += rates.tradesPerSecond;
    }
    const { frames, bytes } = gateway.counters;
    const values: Readonly<Record<(typeof NAMES)[number], number>> = {
      deltasPerSecond: deltas,
      tradesPerSecond: trades,
      connections: gateway.connections.size,
      framesPerSecond: frames - this.#frames,
      kilobytesPerSecond: Math.round((bytes - this.#bytes) / 102.4) / 10,
      lagMs: percentilesOf(lagsOf([...gateway.connections]))?.p95 ?? 0,
      eventLoopMs: this.#options.loop.last?.p99 ?? 0,
      recorderQueue: this.#options.recorder().queue,
      memoryMb: Math.round(residentBytes() / 1e5) / 10,
    };
    this.#frames = frames;
    this.#bytes = bytes;
    for (const name of NAMES) this.#series.get(name)?.push(values[name]);
  }
}

function lagsOf(connections: readonly { readonly lagMs: number | undefined }[]): number[] {
  return connections.flatMap(({ lagMs }) => (lagMs === undefined ? [] : [lagMs]));
}
