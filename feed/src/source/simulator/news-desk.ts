/*
 * News and the jumps that come with it. Each jump is planned ahead, so that its headline can come up to 400 ms before
 * or after it, as in reality; both have the same `eventId`. Half of a symbol's jumps are shared with others. In
 * between come headlines without a jump: most news moves nothing.
 */
import type { HeadlineEvent } from '@tapedeck/market/instrument/market-event';
import type { EpochMs } from '@tapedeck/market/number/level';
import { Random } from '@tapedeck/market/number/random';

import { HeadlineWriter } from './headline-writer.ts';
import { streamSeed } from './seed-hash.ts';
import type { SimInstrument } from './sim-instrument.ts';

const HOUR_MS = 3_600_000;
/**
 * Jumps per hour: each symbol's own, those of its kind (crypto, everything else) and those of all. A symbol has 1.5,
 * and shares half of them.
 */
const OWN_JUMPS = 0.75;
const SHARED_JUMPS = OWN_JUMPS / 2;
/**
 * Size of a jump in volatilities of the fair value: this times (0.5 + |N|). It is 14 ticks for a volatility of 0.9.
 */
const JUMP_SIZE = 14 / 0.9;
/** A headline comes at most this much before or after its jump. */
export const HEADLINE_SPREAD_MS = 400;

/** A jump of one symbol's fair value, or a headline, with its time. */
export type NewsItem =
  | {
      readonly kind: 'jump';
      readonly at: EpochMs;
      readonly symbol: string;
      readonly eventId: string;
      /** Signed size in volatilities. */
      readonly size: number;
    }
  | { readonly kind: 'headline'; readonly at: EpochMs; readonly headline: HeadlineEvent };

export type NewsDeskOptions = {
  readonly seed: number;
  readonly instruments: readonly SimInstrument[];
  readonly from: EpochMs;
  /** Jumps relative to the normal rate. */
  readonly jumps: number;
  readonly noisePerHour: number;
};

/** What jumps together: one symbol, all crypto, or everything. */
type Process = {
  readonly members: readonly SimInstrument[];
  /** The normal rate, and the current one. */
  readonly normalPerHour: number;
  perHour: number;
  readonly noise: boolean;
  next: EpochMs;
};

export class NewsDesk {
  readonly #random: Random;
  readonly #writer: HeadlineWriter;
  readonly #processes: Process[];
  /** Planned items, soonest first. */
  #planned: NewsItem[] = [];
  #count = 0;

  constructor(options: NewsDeskOptions) {
    const { instruments, from, jumps } = options;
    this.#random = new Random(streamSeed(options.seed, 'news'));
    this.#writer = new HeadlineWriter(this.#random);
    const isCrypto = ({ hours }: SimInstrument): boolean => hours === 'crypto';
    const kinds = [
      instruments.filter(isCrypto),
      instruments.filter((instrument) => !isCrypto(instrument)),
    ];
    const groups = [
      ...instruments.map((instrument) => ({ members: [instrument], normalPerHour: OWN_JUMPS })),
      ...kinds.map((members) => ({ members, normalPerHour: SHARED_JUMPS })),
      { members: instruments, normalPerHour: SHARED_JUMPS },
    ].filter(({ members }) => members.length > 0);
    const { noisePerHour } = options;
    const noise = { members: instruments, normalPerHour: noisePerHour, perHour: noisePerHour };
    this.#processes = [
      ...groups.map((group) => ({
        ...group,
        perHour: group.normalPerHour * jumps,
        noise: false,
        next: 0,
      })),
      { ...noise, noise: true, next: 0 },
    ].filter(({ perHour }) => perHour > 0);
    for (const process of this.#processes) process.next = from + this.#wait(process);
  }

  /** From model time `from` on jumps come at `jumps` times the normal rate; planned items stay. */
  pace(jumps: number, from: EpochMs): void {
    for (const process of this.#processes) {
      if (process.noise) continue;
      process.perHour = process.normalPerHour * jumps;
      process.next = from + HEADLINE_SPREAD_MS + this.#wait(process);
    }
  }

  /** Items before `until`, in order of time; none twice. */
  due(until: EpochMs): readonly NewsItem[] {
    for (const process of this.#processes) {
      // A headline may precede its jump, so jumps are planned that far ahead.
      while (process.next < until + HEADLINE_SPREAD_MS) {
        this.#plan(process);
        process.next += this.#wait(process);
      }
    }
    const first = this.#planned[0];
    if (first === undefined || first.at >= until) return [];
    const count = this.#planned.findIndex((item) => item.at >= until);
    return this.#planned.splice(0, count < 0 ? this.#planned.length : count);
  }

  // At least the spread, so that nothing is ever planned in the past.
  #wait(process: Process): number {
    return HEADLINE_SPREAD_MS + this.#random.exponential(HOUR_MS / process.perHour);
  }

  #plan({ members, noise, next }: Process): void {
    const random = this.#random;
    const number = (this.#count += 1);
    const id = `sim-${Math.floor(next).toString(36)}-${number}`;
    if (noise) {
      // Mostly about the busy symbols, sometimes about the market as a whole.
      const about = random.chance(0.12)
        ? undefined
        : members[Math.floor(random.next() ** 1.5 * members.length)];
      this.#publish(id, next, 'noise', about, about === undefined ? members : [about], undefined);
      return;
    }
    const sign = random.chance(0.5) ? 1 : -1;
    const size = sign * JUMP_SIZE * (0.5 + Math.abs(random.normal()));
    const eventId = `jump-${Math.floor(next).toString(36)}-${number}`;
    for (const member of members) {
      const share = members.length === 1 ? 1 : member.flow.beta * (0.7 + 0.6 * random.next());
      this.#insert({
        kind: 'jump',
        at: next,
        symbol: member.instrument.symbol,
        eventId,
        size: size * share,
      });
    }
    const about = members.length === 1 ? members[0] : undefined;
    const at = next + (2 * random.next() - 1) * HEADLINE_SPREAD_MS;
    this.#publish(id, at, sign > 0 ? 'up' : 'down', about, members, eventId);
  }

  #publish(
    id: string,
    at: EpochMs,
    tone: 'up' | 'down' | 'noise',
    about: SimInstrument | undefined,
    members: readonly SimInstrument[],
    eventId: string | undefined,
  ): void {
    const headline: HeadlineEvent = {
      type: 'headline',
      id,
      time: Math.floor(at),
      source: this.#writer.source(),
      symbols: members.map((member) => member.instrument.symbol),
      title: this.#writer.title(tone, about),
      ...(eventId === undefined ? {} : { eventId }),
    };
    this.#insert({ kind: 'headline', at, headline });
  }

  #insert(item: NewsItem): void {
    let index = this.#planned.length;
    while (index > 0 && (this.#planned[index - 1]?.at ?? 0) > item.at) index -= 1;
    this.#planned.splice(index, 0, item);
  }
}
