/*
 * Audits of one book. Its best levels are compared with those that the venue states in a stream of its own, for the
 * same update. Only equal update ids are compared, so a lost or late frame of either stream is never taken for an
 * error of the book. Where nothing shows a missing delta, the whole book is compared, too.
 */
import { DecimalError, type DecimalScale, plainDecimal } from '@tapedeck/market/number/decimal';
import type { Level } from '@tapedeck/market/number/level';
import type { Random } from '@tapedeck/market/number/random';
import type { Cancel, Clock } from '@tapedeck/market/time/clock';

import type { AuditCounts, LiveVenue } from '../../../venue/live-venue.ts';
import type {
  VenueDiff,
  VenueEvent,
  VenueId,
  VenueSnapshot,
  VenueTicker,
} from '../../../venue/venue-event.ts';
import type { LiveBook } from './live-book.ts';
import type { LiveGrid } from './live-grid.ts';
import { type RequestedAudit, UnprovenAudit } from './unproven-audit.ts';
import { WholeAudit } from './whole-audit.ts';

/** A book's best levels are kept for this many deltas, quotes for as many as may come between two deltas. */
const MAX_TOPS = 32;
const MAX_QUOTES = 512;

type Top = {
  readonly grid: LiveGrid;
  readonly bid: Level | undefined;
  readonly ask: Level | undefined;
};

export class BookAudits {
  readonly #tops = new Map<VenueId, Top>();
  readonly #quotes = new Map<VenueId, VenueTicker>();
  readonly #audited: (isRight: boolean) => void;
  readonly #unproven: RequestedAudit | undefined;
  #matched = 0;
  #mismatched = 0;

  constructor(options: {
    readonly venue: Pick<LiveVenue, 'rule' | 'snapshot'>;
    readonly clock: Clock;
    readonly random: Random;
    readonly fetch: (done: (answer: VenueEvent | string) => void) => Cancel;
    readonly audited: (isRight: boolean) => void;
  }) {
    const { rule, snapshot } = options.venue;
    const everyMs = snapshot?.auditMs;
    this.#audited = options.audited;
    if (everyMs === undefined) return;
    const of = { ...options, rule, everyMs };
    this.#unproven = rule.isWhole === true ? new WholeAudit(of) : new UnprovenAudit(of);
  }

  get counts(): AuditCounts {
    const [matched, mismatched] = [this.#matched, this.#mismatched];
    return { made: matched + mismatched, matched, mismatched };
  }

  /** The book starts over: earlier ids no longer belong to it. */
  clear(): void {
    this.#tops.clear();
    this.#quotes.clear();
    this.#unproven?.clear();
  }

  /** To be called a few times a second while the book is live. */
  tick(book: LiveBook): string | undefined {
    return this.#noted(this.#unproven?.tick(book));
  }

  /** After each delta, or whole book, applied to a live one. */
  applied(event: VenueDiff | VenueSnapshot, book: LiveBook): string | undefined {
    return this.#noted(this.#unproven?.take(event, book));
  }

  /** After each message applied. Text if the venue states other best levels: what differs. */
  book({ mark, grid, best }: LiveBook): string | undefined {
    if (mark === undefined || grid === undefined) return undefined;
    const top = { grid, ...best };
    const id = mark.stateId ?? mark.id;
    const quote = this.#quotes.get(id);
    if (quote !== undefined) return this.#compare(top, quote);
    keep(this.#tops, id, top, MAX_TOPS);
    return undefined;
  }

  /** The same, for a statement of the venue. */
  quote(quote: VenueTicker): string | undefined {
    const top = this.#tops.get(quote.updateId);
    if (top !== undefined) return this.#compare(top, quote);
    keep(this.#quotes, quote.updateId, quote, MAX_QUOTES);
    return undefined;
  }

  #compare({ grid, bid, ask }: Top, quote: VenueTicker): string | undefined {
    const { updateId } = quote;
    // Several sockets may state the same update.
    this.#tops.delete(updateId);
    this.#quotes.delete(updateId);
    const own = `${textOf(bid, grid)} / ${textOf(ask, grid)}`;
    const stated = `${plainOf(quote.bid)} / ${plainOf(quote.ask)}`;
    return this.#noted(
      own === stated
        ? true
        : `the book's best levels are ${own}, the venue states ${stated} for update ${updateId}`,
    );
  }

  #noted(result: true | string | undefined): string | undefined {
    if (result === undefined) return undefined;
    if (result === true) this.#matched++;
    else this.#mismatched++;
    this.#audited(result === true);
    return result === true ? undefined : result;
  }
}

function keep<T>(map: Map<VenueId, T>, id: VenueId, value: T, most: number): void {
  map.set(id, value);
  if (map.size <= most) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}

function textOf(level: Level | undefined, { price, size }: LiveGrid): string {
  if (level === undefined) return 'none';
  const plain = (scale: DecimalScale, units: number): string => scale.toPlainText(units);
  return `${plain(size, level[1])} at ${plain(price, level[0])}`;
}

/** A venue states a side without levels as one of size 0. */
function plainOf([price, size]: VenueTicker['bid']): string {
  try {
    const plain = plainDecimal(size);
    return plain === '0' ? 'none' : `${plain} at ${plainDecimal(price)}`;
  } catch (error) {
    if (error instanceof DecimalError) return `${size} at ${price}`;
    throw error;
  }
}
