/*
 * One running scenario. Its knobs and faults count from its start, without pauses of the machine, so that an operator
 * can start it at any time and gets what a market started with it gets. Ending it early ends its fault: a halted
 * market trades again, a changed grid is changed back.
 */
import type { EpochMs } from '@tapedeck/market/number/level';

import { faultScript, type FaultScript, type FaultSlot } from './fault-script.ts';
import { type Knobs, type Scenario, type ScenarioName, SCENARIOS } from './scenario.ts';
import { SLOT_MS, type SymbolModel } from './symbol-model.ts';

/** A slot as the simulator knows it. */
export type SimulatorSlot = Omit<FaultSlot, 'elapsedMs'> & {
  /** The slot's start in model time, which has no pauses. */
  readonly modelTime: EpochMs;
};

export class ScenarioRun {
  readonly name: ScenarioName;
  readonly scenario: Scenario;
  readonly #fault: FaultScript | undefined;
  readonly #from: EpochMs;
  #knobs: Knobs;

  /** `from` in model time; the first of `models` is the one with single faults. */
  constructor(options: {
    readonly name: ScenarioName;
    readonly models: readonly SymbolModel[];
    readonly seed: number;
    readonly from: EpochMs;
  }) {
    const { name, models, seed, from } = options;
    this.name = name;
    this.scenario = SCENARIOS[name];
    this.#from = from;
    const { fault } = this.scenario;
    this.#fault = fault && faultScript(fault, models, seed);
    this.#knobs = this.scenario.knobs(0);
  }

  get knobs(): Knobs {
    return this.#knobs;
  }

  /** Whether its events may be out of order within a slot. */
  get hasFault(): boolean {
    return this.#fault !== undefined;
  }

  /** Before the models run a slot. */
  before(slot: SimulatorSlot): void {
    const elapsedMs = slot.modelTime - this.#from;
    if (elapsedMs % 1_000 < SLOT_MS) this.#knobs = this.scenario.knobs(elapsedMs / 1_000);
    if (this.#fault?.phase === 'before') this.#fault.slot({ ...slot, elapsedMs });
  }

  /** After the models have run it: `slot.out` has their events. */
  after(slot: SimulatorSlot): void {
    if (this.#fault?.phase === 'after')
      this.#fault.slot({ ...slot, elapsedMs: slot.modelTime - this.#from });
  }

  /** The end, before the models run this slot. */
  end(slot: SimulatorSlot): void {
    this.#fault?.end({ ...slot, elapsedMs: slot.modelTime - this.#from });
  }
}
