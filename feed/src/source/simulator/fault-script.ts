/*
 * The faults of the scenarios that are about faults. A script runs before the models of a slot (to pause or reopen
 * them) or after them (to see their events before they are sent, and lose some). Times are market times, so a fault
 * is at the same place when a seed is run again.
 */
import type { MarketState, StateReason } from '@tapedeck/market/instrument/instrument';
import type { MarketEvent, StatusEvent } from '@tapedeck/market/instrument/market-event';
import { assert } from '@tapedeck/market/number/assert';
import type { EpochMs } from '@tapedeck/market/number/level';
import { Random } from '@tapedeck/market/number/random';

import type { ScenarioFault } from './scenario.ts';
import { streamSeed } from './seed-hash.ts';
import type { SymbolModel } from './symbol-model.ts';

/** One slot, as a script sees it: `out` has its events so far, not yet ordered. */
export type FaultSlot = {
  readonly time: EpochMs;
  /** Since the scenario began, without pauses of the machine: cycles count in it. */
  readonly elapsedMs: number;
  readonly receiveTime: EpochMs | undefined;
  readonly out: MarketEvent[];
};

/** Changes the stream of a simulated venue. */
export interface FaultScript {
  readonly phase: 'before' | 'after';
  slot(slot: FaultSlot): void;
  /** The scenario ends: its fault is repaired at once. The models have not run this slot yet. */
  end(slot: FaultSlot): void;
}

/** The script of a fault, for `models` (the first is the one with single faults). */
export function faultScript(
  kind: ScenarioFault,
  models: readonly SymbolModel[],
  seed: number,
): FaultScript {
  const first = models[0];
  assert(first !== undefined, 'a fault needs a symbol');
  switch (kind) {
    case 'halt':
      return new Cycle(45, 60, 300, {
        begin(slot) {
          first.paused = true;
          slot.out.push(state(first, slot, 'halted', 'halt'));
          slot.out.push(
            status(
              slot,
              'warning',
              'halt',
              [first],
              `${first.symbol} halted: volatility auction, 60 s`,
            ),
          );
        },
        end(slot) {
          reopen(first, slot, 'halt');
          slot.out.push(status(slot, 'info', 'resume', [first], `${first.symbol} trades again`));
        },
      });
    case 'stale':
      // Unannounced: detecting it is the feed's task.
      return new Cycle(30, 120, 300, {
        begin() {
          first.paused = true;
        },
        end(slot) {
          first.paused = false;
          slot.out.push(first.snapshot(slot.time, slot.receiveTime ?? slot.time));
        },
      });
    case 'exchange-restart':
      return new Cycle(60, 5, 300, {
        begin(slot) {
          slot.out.push(
            status(slot, 'critical', 'maintenance', models, 'sim restarts: all books are rebuilt'),
          );
          for (const model of models) {
            model.paused = true;
            slot.out.push(state(model, slot, 'syncing', 'restart'));
          }
        },
        end(slot) {
          for (const model of models) reopen(model, slot, 'restart');
          slot.out.push(status(slot, 'info', 'resume', models, 'sim is back after its restart'));
        },
      });
    case 'tick-size-change': {
      const original = first.instrument;
      const coarse = { ...original, tickSize: tenfold(original.tickSize) };
      const change = (slot: FaultSlot, instrument: typeof original, factor: number): void => {
        first.regrid(instrument, factor);
        slot.out.push({ type: 'instrument', instrument });
        slot.out.push(first.snapshot(slot.time, slot.receiveTime ?? slot.time));
        const text = `${first.symbol} now trades in steps of ${instrument.tickSize}`;
        slot.out.push(status(slot, 'info', 'maintenance', [first], text));
      };
      return new Cycle(60, 150, 300, {
        begin: (slot) => change(slot, coarse, 10),
        end: (slot) => change(slot, original, 0.1),
      });
    }
    case 'crossed': {
      let price = 0;
      const cross = (slot: FaultSlot, sizeLots: number): void => {
        slot.out.push({
          type: 'update',
          symbol: first.symbol,
          eventTime: slot.time,
          receiveTime: slot.receiveTime ?? slot.time,
          bids: [[price, sizeLots]],
          asks: [],
        });
      };
      return new Cycle(10, 2, 20, {
        begin(slot) {
          price = first.bestAsk + 2;
          cross(slot, first.profile.flow.unitLots);
        },
        // The market may have reached that price meanwhile: the real size there is sent again.
        end: (slot) => cross(slot, first.bidSize(price)),
      });
    }
    case 'gap':
      return new Gaps(models, seed);
  }
}

type CycleSteps = { begin(slot: FaultSlot): void; end(slot: FaultSlot): void };

/** Runs `begin` after `firstS`, `end` after `lengthS` more, and both again every `periodS`. */
class Cycle implements FaultScript {
  readonly phase = 'before';
  readonly #steps: CycleSteps;
  readonly #lengthMs: number;
  readonly #periodMs: number;
  #beginAt: number;
  #endAt = Infinity;

  constructor(firstS: number, lengthS: number, periodS: number, steps: CycleSteps) {
    this.#steps = steps;
    this.#beginAt = firstS * 1_000;
    this.#lengthMs = lengthS * 1_000;
    this.#periodMs = periodS * 1_000;
  }

  slot(slot: FaultSlot): void {
    if (slot.elapsedMs >= this.#endAt) {
      this.#steps.end(slot);
      this.#endAt = Infinity;
    }
    if (slot.elapsedMs >= this.#beginAt) {
      this.#steps.begin(slot);
      this.#endAt = this.#beginAt + this.#lengthMs;
      this.#beginAt += this.#periodMs;
    }
  }

  end(slot: FaultSlot): void {
    if (this.#endAt !== Infinity) this.#steps.end(slot);
  }
}

/** One update in this many is lost: at 400 per second about one every 20 s. */
const LOSS = 1 / 8_000;
/** How long a source takes to notice and to fetch a new book. */
const RECOVERY_MS = 700;

/** Loses updates, notices (a venue numbers them), reports it, and starts over with a snapshot. */
class Gaps implements FaultScript {
  readonly phase = 'after';
  readonly #models: readonly SymbolModel[];
  readonly #random: Random;
  /** Symbols waiting for their snapshot, and until when. */
  readonly #lost = new Map<string, EpochMs>();

  constructor(models: readonly SymbolModel[], seed: number) {
    this.#models = models;
    this.#random = new Random(streamSeed(seed, 'gap'));
  }

  slot(slot: FaultSlot): void {
    const { out, time } = slot;
    let kept = 0;
    const states: MarketEvent[] = [];
    for (const event of out) {
      if (event.type === 'update') {
        if (this.#lost.has(event.symbol)) continue;
        if (this.#random.chance(LOSS)) {
          this.#lost.set(event.symbol, time + RECOVERY_MS);
          const model = this.#models.find(({ symbol }) => symbol === event.symbol);
          if (model !== undefined)
            states.push(state(model, slot, 'syncing', 'upstream-gap', event.eventTime));
          continue;
        }
      }
      out[kept++] = event;
    }
    out.length = kept;
    out.push(...states);
    for (const model of this.#models) {
      const until = this.#lost.get(model.symbol);
      if (until === undefined || time < until) continue;
      // The models have run this slot already: the snapshot is at its end.
      this.#recover(model, slot, lastTime(out, model.symbol, time));
    }
  }

  end(slot: FaultSlot): void {
    for (const model of this.#models)
      if (this.#lost.has(model.symbol)) this.#recover(model, slot, slot.time);
  }

  #recover(model: SymbolModel, slot: FaultSlot, time: EpochMs): void {
    this.#lost.delete(model.symbol);
    slot.out.push(model.snapshot(time, slot.receiveTime ?? time));
    slot.out.push(state(model, slot, 'ok', 'upstream-gap', time));
  }
}

function lastTime(events: readonly MarketEvent[], symbol: string, least: EpochMs): EpochMs {
  let last = least;
  for (const event of events) {
    if (event.type === 'trade' && event.symbol === symbol && event.eventTime > last)
      last = event.eventTime;
  }
  return last;
}

function reopen(model: SymbolModel, slot: FaultSlot, reason: StateReason): void {
  model.paused = false;
  model.reseed();
  slot.out.push(model.snapshot(slot.time, slot.receiveTime ?? slot.time));
  slot.out.push(state(model, slot, 'ok', reason));
}

function state(
  model: SymbolModel,
  slot: FaultSlot,
  to: MarketState,
  reason: StateReason,
  eventTime: EpochMs = slot.time,
): MarketEvent {
  return { type: 'state', symbol: model.symbol, eventTime, state: to, reason };
}

function status(
  slot: FaultSlot,
  severity: StatusEvent['severity'],
  kind: string,
  models: readonly SymbolModel[],
  message: string,
): StatusEvent {
  return {
    type: 'status',
    time: slot.time,
    severity,
    kind,
    symbols: models.map(({ symbol }) => symbol),
    message,
  };
}

/** Ten times a decimal string, without a float: `0.01` becomes `0.1`. */
function tenfold(decimal: string): string {
  const [whole = '0', fraction = ''] = decimal.split('.');
  const shifted = `${whole}${fraction.slice(0, 1) || '0'}`.replace(/^0+(?=\d)/, '');
  return fraction.length > 1 ? `${shifted}.${fraction.slice(1)}` : shifted;
}
