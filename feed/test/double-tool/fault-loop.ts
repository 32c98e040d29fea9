/* One fault after another at one double, with time between them in which its clients recover. */
import type { Random } from '@tapedeck/market/number/random';
import type { Cancel, Clock } from '@tapedeck/market/time/clock';

import { type DoubleFault, endFaults, FAULTS } from '../venue-double/double-faults.ts';
import type { DoubleVenue } from '../venue-double/double-venue.ts';

/** Ranges in ms. */
const CALM = [8_000, 20_000] as const;
const FAULT = [500, 6_000] as const;
/** A half-open socket takes longer to be noticed. */
const HALF_OPEN = [15_000, 25_000] as const;

export class FaultLoop {
  readonly #name: string;
  readonly #double: DoubleVenue;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #tell: (what: string) => void;
  #cancel: Cancel = () => undefined;

  constructor(options: {
    readonly name: string;
    readonly double: DoubleVenue;
    readonly clock: Clock;
    readonly random: Random;
    readonly tell: (what: string) => void;
  }) {
    this.#name = options.name;
    this.#double = options.double;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#tell = options.tell;
    this.#rest();
  }

  stop(): void {
    this.#cancel();
  }

  #rest(): void {
    this.#cancel = this.#clock.after(this.#random.integer(...CALM), () =>
      this.#begin(this.#random.pick(FAULTS)),
    );
  }

  #begin(fault: DoubleFault): void {
    const [from, to] = fault.isHalfOpen === true ? HALF_OPEN : FAULT;
    const ms = this.#random.integer(from, to);
    const time = new Date(this.#clock.now()).toISOString().slice(11, 19);
    this.#tell(`${time} ${this.#name}: ${fault.name} for ${(ms / 1_000).toFixed(1)} s`);
    fault.begin({ double: this.#double, clock: this.#clock }, this.#random);
    this.#cancel = this.#clock.after(ms, () => {
      endFaults(this.#double);
      this.#rest();
    });
  }
}
