import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { MarketEvent } from '@tapedeck/market/instrument/market-event';
import { Random } from '@tapedeck/market/number/random';
import type { Trade } from '@tapedeck/market/tape/trade';

import { SCENARIOS } from '../src/source/simulator/scenario.ts';
import { SIM_INSTRUMENTS } from '../src/source/simulator/sim-instrument.ts';
import { SLOT_MS, SymbolModel } from '../src/source/simulator/symbol-model.ts';

/** Of the simulator's busiest symbol, so that each one has about 410 events per second. */
const RATE = 3;
const FROM = 1_760_000_000_000;
/** The activity of the opening is over. */
const SETTLE_MS = 20_000;

/** The engine's events for it: numbered. */
export type NumberedEvent =
  | { readonly kind: 'delta'; readonly symbol: string; readonly delta: BookDelta }
  | { readonly kind: 'trade'; readonly symbol: string; readonly trade: Trade };

type Counts = { book: number; trades: number };

/** Busy symbols from the feed's own simulator, generated on demand. */
export class MinuteMarket {
  readonly start = FROM + SETTLE_MS;
  readonly #models: readonly SymbolModel[];
  readonly #knobs = SCENARIOS.normal.knobs();
  readonly #common: Random;
  readonly #counts = new Map<string, Counts>();
  #time = FROM;

  constructor(symbols: number, seed: number) {
    const [busiest] = SIM_INSTRUMENTS;
    if (busiest === undefined) throw new Error('no simulated instrument');
    this.#common = new Random(seed);
    this.#models = Array.from({ length: symbols }, (_, i) => {
      const instrument = { ...busiest.instrument, symbol: `S${i}-USD@bench`, venue: 'bench' };
      const flow = { ...busiest.flow, rate: RATE };
      return new SymbolModel({ ...busiest, instrument, flow }, seed);
    });
    for (const { instrument } of this.#models)
      this.#counts.set(instrument.symbol, { book: 1, trades: 0 });
    this.#slots(SETTLE_MS);
  }

  get instruments(): readonly Instrument[] {
    return this.#models.map(({ instrument }) => instrument);
  }

  snapshots(): readonly { readonly symbol: string; readonly snapshot: BookSnapshot }[] {
    return this.#models.map((model) => {
      const event = model.snapshot(this.#time, this.#time);
      if (event.type !== 'snapshot') throw new Error('a model without a book');
      const { symbol, eventTime, receiveTime, bids, asks } = event;
      return { symbol, snapshot: { sequence: 1, eventTime, receiveTime, bids, asks } };
    });
  }

  /** The next `ms` of it, in order of time. */
  run(ms: number): readonly NumberedEvent[] {
    return this.#slots(ms).flatMap((event) => this.#number(event) ?? []);
  }

  #slots(ms: number): MarketEvent[] {
    const events: MarketEvent[] = [];
    for (const end = this.#time + ms; this.#time < end; this.#time += SLOT_MS) {
      const factor = this.#common.normal();
      for (const model of this.#models)
        model.runSlot(this.#time, this.#knobs, factor, events, undefined);
    }
    return events.toSorted((a, b) => timeOf(a) - timeOf(b));
  }

  #number(event: MarketEvent): NumberedEvent | undefined {
    if (event.type !== 'update' && event.type !== 'trade') return undefined;
    const { symbol, eventTime } = event;
    const counts = this.#counts.get(symbol);
    if (counts === undefined) return undefined;
    if (event.type === 'trade') {
      const { priceTicks, sizeLots, aggressor } = event;
      const sequence = ++counts.trades;
      return {
        kind: 'trade',
        symbol,
        trade: { sequence, eventTime, priceTicks, sizeLots, aggressor },
      };
    }
    const { receiveTime, bids, asks } = event;
    const previous = counts.book++;
    const delta = { previous, sequence: counts.book, eventTime, receiveTime, bids, asks };
    return { kind: 'delta', symbol, delta };
  }
}

function timeOf(event: MarketEvent): number {
  return 'eventTime' in event ? event.eventTime : 0;
}
