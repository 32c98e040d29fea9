/*
 * Checks a book whose venue states it whole, a few times a second, and where nothing shows a wrong or frozen stream
 * (V6). Every few minutes the book is requested, too. What comes by request is rarely of the same moment as a whole book
 * of the stream, so it is compared with the ones before and after it, at the prices where those two agree. A level may
 * still have changed twice between them: only what differs several times in a row is wrong.
 */
import { DecimalError } from '@tapedeck/market/number/decimal';
import type { EpochMs } from '@tapedeck/market/number/level';
import { type Cancel, later, type MonotonicMs } from '@tapedeck/market/time/clock';

import type { VenueDiff, VenueSnapshot } from '../../../venue/venue-event.ts';
import type { Sides } from '../../../venue/whole-book.ts';
import { type LiveBook, sidesOf } from './live-book.ts';
import type { AuditOptions, RequestedAudit } from './unproven-audit.ts';

/** Whole books of the stream that are kept: several seconds of them. */
const KEPT = 16;
const RETRY_MS = 2_000;
/** The stream may be this far behind an answer. */
const PATIENCE_MS = 4_000;
const MOST_TRIES = 10;
/** That many comparisons in a row must differ. */
const PROOF = 3;

type Stated = Sides & { readonly time: EpochMs };

export class WholeAudit implements RequestedAudit {
  readonly #options: AuditOptions;
  #recent: Stated[] = [];
  #at: MonotonicMs | undefined;
  /** An answer that waits for the next whole book. */
  #asked: VenueSnapshot | undefined;
  #asking: Cancel | undefined;
  #tries = 0;
  #differing = 0;

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  clear(): void {
    this.#asking?.();
    this.#asking = undefined;
    this.#asked = undefined;
    this.#recent = [];
    this.#at = undefined;
    this.#tries = 0;
    this.#differing = 0;
  }

  take(event: VenueDiff | VenueSnapshot, book: LiveBook): true | string | undefined {
    const stated = event.type === 'snapshot' ? statedOf(event, book) : undefined;
    if (stated === undefined) return undefined;
    this.#recent.push(stated);
    if (this.#recent.length > KEPT) this.#recent.shift();
    return this.#compare(book);
  }

  tick(): undefined {
    const { clock, random, everyMs } = this.#options;
    const now = clock.monotonic();
    // Not all books of a venue at once.
    this.#at ??= later(now, everyMs * (0.5 + 0.5 * random.next()));
    if (now >= this.#at && this.#asking === undefined) this.#turn();
    return undefined;
  }

  #turn(): void {
    if (this.#asked !== undefined) return this.#again();
    const { clock, fetch } = this.#options;
    this.#asking = fetch((answer) => {
      this.#asking = undefined;
      if (typeof answer === 'string' || answer.type !== 'snapshot') return this.#again();
      this.#asked = answer;
      this.#at = later(clock.monotonic(), PATIENCE_MS);
    });
  }

  #compare(book: LiveBook): true | string | undefined {
    const stated = this.#asked && statedOf(this.#asked, book);
    if (stated === undefined) return undefined;
    const at = this.#recent.findIndex(({ time }) => time >= stated.time);
    const after = this.#recent[at];
    if (after === undefined) return undefined;
    const before = after.time === stated.time ? after : this.#recent[at - 1];
    const { same, other } =
      before === undefined ? { same: 0, other: 0 } : compared(before, after, stated);
    if (other > 0) return this.#differs(other);
    if (same === 0) this.#again();
    else this.#done();
    return same === 0 ? undefined : true;
  }

  #differs(levels: number): string | undefined {
    if (++this.#differing < PROOF) {
      this.#again();
      return undefined;
    }
    this.#done();
    return `${levels} of its levels differ from the venue's own book, ${PROOF} times in a row`;
  }

  #again(): void {
    this.#asked = undefined;
    if (++this.#tries >= MOST_TRIES) this.#done();
    else this.#at = later(this.#options.clock.monotonic(), RETRY_MS);
  }

  #done(): void {
    this.#asked = undefined;
    this.#tries = 0;
    this.#differing = 0;
    this.#at = later(this.#options.clock.monotonic(), this.#options.everyMs);
  }
}

/** On the book's grid; undefined if it does not fit, or has no time. */
function statedOf(event: VenueSnapshot, { grid }: LiveBook): Stated | undefined {
  if (grid === undefined || event.eventTime === undefined) return undefined;
  try {
    return { ...sidesOf(event, grid), time: event.eventTime };
  } catch (error) {
    if (!(error instanceof DecimalError)) throw error;
    return undefined;
  }
}

/** At the prices that all three reach, and where `before` and `after` agree: how many sizes are stated alike, or not. */
function compared(
  before: Sides,
  after: Sides,
  stated: Sides,
): { readonly same: number; readonly other: number } {
  let [same, other] = [0, 0];
  for (const side of ['bids', 'asks'] as const) {
    const sign = side === 'bids' ? -1 : 1;
    const all = [before[side], after[side], stated[side]];
    const reach = Math.min(...all.map((levels) => sign * (levels.at(-1)?.[0] ?? sign * Infinity)));
    const [was, is, asked] = [new Map(before[side]), new Map(after[side]), new Map(stated[side])];
    for (const price of new Set(all.flatMap((levels) => levels.map(([each]) => each)))) {
      const size = was.get(price) ?? 0;
      if (sign * price > reach || size !== (is.get(price) ?? 0)) continue;
      if ((asked.get(price) ?? 0) === size) same++;
      else other++;
    }
  }
  return { same, other };
}
