/*
 * The chaos switch: fault injection, to watch the feed and its clients recover. It exists only if `TAPEDECK_CHAOS`
 * allows it, and while a fault can happen that is announced: in status events, the status, the metrics and the `sync`
 * of every event stream, and the feed is not ready.
 */
import type { MarketSink } from '@tapedeck/market/instrument/market-event';
import { Random } from '@tapedeck/market/number/random';
import type { Clock } from '@tapedeck/market/time/clock';
import {
  type ChaosCommand,
  type ChaosReport,
  type ConnectionFaults,
  FAULT_KINDS,
  type FaultKind,
} from '@tapedeck/market/wire/chaos';

import { isHarmful, NO_FAULTS } from '../config/chaos-setting.ts';
import type { MarketEngine } from '../engine/market-engine.ts';
import { streamSeed } from '../source/simulator/seed-hash.ts';
import type { Socket } from '../stream/frame/socket.ts';
import { ChaosSocket } from './chaos-socket.ts';
import { ChaosVenue } from './chaos-venue.ts';

export type ChaosOptions = {
  readonly clock: Clock;
  readonly engine: MarketEngine;
  readonly seed: number;
  /** For all connections from the start. */
  readonly faults: ConnectionFaults;
  /** Where the sources' events go. */
  readonly sink: MarketSink;
  /** Called for every change of the possible faults. */
  readonly onChange: (isActive: boolean, message: string) => void;
};

/** Why a command was refused. */
export type ChaosRefusal = { readonly error: 'badRequest' | 'unknown'; readonly message: string };

export class Chaos {
  readonly #options: ChaosOptions;
  readonly #venue: ChaosVenue;
  readonly #injected = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<
    FaultKind,
    number
  >;
  /** Open connections. */
  readonly #sockets = new Map<string, ChaosSocket>();
  /** Connections with faults of their own. */
  readonly #own = new Map<string, ConnectionFaults>();
  #faults: ConnectionFaults;

  constructor(options: ChaosOptions) {
    this.#options = options;
    this.#faults = options.faults;
    const { engine, clock, sink } = options;
    this.#venue = new ChaosVenue(engine, clock, sink, () => this.#tell());
  }

  /** Announces the initial faults. */
  start(): void {
    this.#tell();
  }

  /** Between the sources and the engine. */
  get sink(): MarketSink {
    return this.#venue.sink;
  }

  get isActive(): boolean {
    return (
      isHarmful(this.#faults) ||
      [...this.#own.values()].some(isHarmful) ||
      this.#venue.active.length > 0
    );
  }

  /** Faults since the feed started. */
  get injected(): Readonly<Record<FaultKind, number>> {
    return this.#injected;
  }

  report(): ChaosReport {
    return {
      active: this.isActive,
      faults: this.#faults,
      connections: [...this.#own].map(([connection, faults]) => ({ connection, faults })),
      symbols: [...this.#venue.active],
      injected: { ...this.#injected },
    };
  }

  /** Goes between a connection and its socket; `forget` is called when the connection is gone. */
  disturb(id: string, socket: Socket): Socket {
    const { clock, seed } = this.#options;
    const disturbed = new ChaosSocket({
      socket,
      clock,
      random: new Random(streamSeed(seed, `chaos-${id}`)),
      faults: () => this.#own.get(id) ?? this.#faults,
      onFault: (kind) => void this.#injected[kind]++,
    });
    this.#sockets.set(id, disturbed);
    return disturbed;
  }

  forget(id: string): void {
    this.#sockets.get(id)?.gone();
    this.#sockets.delete(id);
    if (this.#own.delete(id)) this.#tell();
  }

  command(command: ChaosCommand): ChaosRefusal | undefined {
    switch (command.target) {
      case 'connections':
        this.#faults = command.faults;
        break;
      case 'connection': {
        const { connection, faults } = command;
        if (!this.#sockets.has(connection))
          return { error: 'unknown', message: `connection: unknown connection ${connection}` };
        this.#own.set(connection, faults);
        break;
      }
      case 'symbol': {
        const { symbol, fault, forMs } = command;
        const isKnown = this.#options.engine.market(symbol) !== undefined;
        const message = this.#venue.begin(symbol, fault, forMs);
        if (message !== undefined) return { error: isKnown ? 'badRequest' : 'unknown', message };
        this.#injected[fault]++;
      }
    }
    this.#tell();
    return undefined;
  }

  close(): void {
    this.#faults = NO_FAULTS;
    this.#own.clear();
    this.#venue.close();
  }

  #tell(): void {
    const all = isHarmful(this.#faults) ? [`all connections: ${textOf(this.#faults)}`] : [];
    const own = [...this.#own]
      .filter(([, faults]) => isHarmful(faults))
      .map(([id, faults]) => `${id}: ${textOf(faults)}`);
    const symbols = this.#venue.active.map(({ symbol, fault }) => `${symbol}: ${fault}`);
    const parts = [...all, ...own.slice(0, 3), ...symbols.slice(0, 3)];
    this.#options.onChange(
      this.isActive,
      parts.length === 0
        ? 'chaos is allowed, no faults are injected now'
        : `faults are injected on purpose: ${parts.join('; ')}`,
    );
  }
}

function textOf(faults: ConnectionFaults): string {
  return Object.entries(faults)
    .filter(([, value]) => value > 0)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
