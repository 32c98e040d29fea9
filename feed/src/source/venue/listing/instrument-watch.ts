/*
 * Asks a venue again for its instruments while they are live: halts, delistings, new listings and finer steps are in no
 * stream (V13). One request at a time, one for all markets where the venue has a list, and only from the free half of
 * the venue's budget.
 */
import type { Random } from '@tapedeck/market/number/random';
import { type Cancel, type Clock, later, type MonotonicMs } from '@tapedeck/market/time/clock';

import type { LiveVenue, VenueInstrument, VenueRequest } from '../../../venue/live-venue.ts';

/** Between two requests for the same markets: up to twice this. */
const EVERY_MS = 300_000;
/** While one of them is halted or missing, after a failure, and at least between two requests that are hurried. */
const SOON_MS = 60_000;
const BEAT_MS = 5_000;
/** So often in a row a list must lack a market that it had; once, where an unlisted market would end its whole socket. */
const LEAST_ABSENCES = 2;

type Answer = { readonly status: number; readonly text: string };

export type WatchOptions = {
  readonly venue: LiveVenue;
  readonly clock: Clock;
  readonly random: Random;
  readonly hasRoom: (weight: number) => boolean;
  readonly ask: (request: VenueRequest, done: (answer: Answer) => void) => Cancel;
  /** The markets that are asked about. */
  readonly markets: () => Iterable<string>;
  readonly isHalted: (market: string) => boolean;
  /** What the venue says of a market now; undefined if it lists it no longer. */
  readonly onListed: (market: string, instrument: VenueInstrument | undefined) => void;
};

export class InstrumentWatch {
  readonly #options: WatchOptions;
  readonly #cancel: Cancel;
  readonly #dueAt = new Map<string, MonotonicMs>();
  readonly #askedAt = new Map<string, MonotonicMs>();
  /** Markets that the venue has listed, and how often in a row it did not since. */
  readonly #absences = new Map<string, number>();
  #running: Cancel | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#cancel = options.clock.every(BEAT_MS, () => this.#beat());
  }

  /** The venue has stated this market. */
  knows(market: string): void {
    this.#absences.set(market, 0);
  }

  forget(market: string): void {
    this.#absences.delete(market);
  }

  /** Something about a market suggests that it has changed: it does not recover, or trades although it was halted. */
  hurry(market: string): void {
    const { venue, clock } = this.#options;
    const list = listOf(venue.instruments.request(market));
    const askedAt = this.#askedAt.get(list);
    const at = askedAt === undefined ? clock.monotonic() : later(askedAt, SOON_MS);
    if (at < (this.#dueAt.get(list) ?? Infinity)) this.#dueAt.set(list, at);
  }

  close(): void {
    this.#cancel();
    this.#running?.();
  }

  #beat(): void {
    if (this.#running !== undefined) return;
    const { venue, clock, hasRoom, markets } = this.#options;
    const now = clock.monotonic();
    const lists = Map.groupBy(markets(), (market) => listOf(venue.instruments.request(market)));
    for (const known of [this.#dueAt, this.#askedAt])
      for (const list of known.keys()) if (!lists.has(list)) known.delete(list);
    for (const list of lists.keys())
      if (!this.#dueAt.has(list)) this.#dueAt.set(list, later(now, this.#periodMs()));
    const [next] = [...this.#dueAt].toSorted(([, a], [, b]) => a - b);
    if (next === undefined || next[1] > now) return;
    const asked = lists.get(next[0]) ?? [];
    const request = venue.instruments.request(asked[0]);
    if (hasRoom(request.weight)) this.#ask(request, asked);
  }

  #ask(request: VenueRequest, asked: readonly string[]): void {
    const { clock, ask, isHalted } = this.#options;
    this.#askedAt.set(listOf(request), clock.monotonic());
    let isOver = false;
    const cancel = ask(request, (answer) => {
      isOver = true;
      this.#running = undefined;
      const isRead = this.#take(answer, asked);
      const isUnsettled = asked.some(
        (market) => isHalted(market) || this.#absences.get(market) === 1,
      );
      const waitMs = isRead && !isUnsettled ? this.#periodMs() : SOON_MS;
      this.#dueAt.set(listOf(request), later(clock.monotonic(), waitMs));
    });
    if (!isOver) this.#running = cancel;
  }

  /** False if the answer says nothing about them. */
  #take({ status, text }: Answer, asked: readonly string[]): boolean {
    const { instruments } = this.#options.venue;
    const list = status === 200 ? instruments.read(text) : text;
    // A venue under maintenance may list nothing at all: that is no news of a market.
    if (typeof list !== 'string' && list.length > 0) {
      for (const market of asked)
        this.#listed(
          market,
          list.find((each) => each.market === market),
        );
      return true;
    }
    const [own, all] = [asked[0], undefined].map((each) => listOf(instruments.request(each)));
    const isOfOne = asked.length === 1 && own !== all;
    const isUnknown =
      isOfOne && (status === 400 || (status === 404 && instruments.unlisted?.(text) !== undefined));
    if (isUnknown) for (const market of asked) this.#listed(market, undefined);
    return isUnknown;
  }

  #listed(market: string, instrument: VenueInstrument | undefined): void {
    if (instrument !== undefined) {
      this.knows(market);
      this.#options.onListed(market, instrument);
      return;
    }
    // A market that no list ever had is subscribed all the same: the list may be incomplete.
    const before = this.#absences.get(market);
    if (before === undefined) return;
    this.#absences.set(market, before + 1);
    const least = this.#options.venue.instruments.onlyListed === true ? 1 : LEAST_ABSENCES;
    if (before + 1 >= least) this.#options.onListed(market, undefined);
  }

  #periodMs(): number {
    return EVERY_MS * (1 + this.#options.random.next());
  }
}

/** Two markets with the same request are in one list. */
function listOf({ path, body = '' }: VenueRequest): string {
  return `${path} ${body}`;
}
