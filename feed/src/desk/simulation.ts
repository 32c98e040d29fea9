import type { Clock } from '@tapedeck/market/time/clock';
import type { SimulationReport } from '@tapedeck/market/wire/simulation';

import type { Recorder } from '../recorder/recorder.ts';
import { MODEL_VERSION } from '../source/simulator/model-version.ts';
import { type ScenarioName, SCENARIO_NAMES, SCENARIOS } from '../source/simulator/scenario.ts';
import type { Simulator } from '../source/simulator/simulator.ts';

/** More changes than anyone makes by hand: the list is stored with the session. */
const MAX_CHANGES = 500;

/**
 * The simulated market as an operator sees it: its scenario, and how to change it. Every change is stored with the
 * session, so that the session's description stays true: its first scenario, and from which market time on which
 * other.
 */
export class Simulation {
  readonly #simulator: Simulator;
  readonly #seed: number;
  readonly #first: ScenarioName;
  readonly #recorder: Recorder;
  readonly #startedAt: number;
  readonly #changes: { readonly at: number; readonly scenario: ScenarioName }[] = [];

  constructor(options: {
    readonly simulator: Simulator;
    readonly seed: number;
    readonly recorder: Recorder;
    readonly clock: Clock;
  }) {
    this.#simulator = options.simulator;
    this.#seed = options.seed;
    this.#first = options.simulator.scenario;
    this.#recorder = options.recorder;
    this.#startedAt = options.clock.now();
  }

  report(): SimulationReport {
    return {
      scenario: this.#simulator.scenario,
      since: this.#changes.at(-1)?.at ?? this.#startedAt,
      seed: this.#seed,
      modelVersion: MODEL_VERSION,
      changes: [...this.#changes],
      scenarios: SCENARIO_NAMES.map((name) => ({ name, description: SCENARIOS[name].description })),
    };
  }

  /** Switches to a scenario from its beginning; returns the reason if it cannot. */
  change(scenario: ScenarioName): string | undefined {
    if (this.#changes.length >= MAX_CHANGES)
      return `scenario: changed ${MAX_CHANGES} times since the feed started; restart the feed`;
    this.#changes.push({ at: this.#simulator.change(scenario), scenario });
    const { scenarios: _, since: __, ...report } = this.report();
    this.#recorder.origin('Simulated, several scenarios', { ...report, scenario: this.#first });
    return undefined;
  }
}
