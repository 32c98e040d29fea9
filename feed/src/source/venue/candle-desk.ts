/*
 * Candles from before the first start (V14): requested once per market that is new to the history, one request at a
 * time, between the instrument and the subscriptions. Nothing here may keep a market from starting: after a bound it
 * begins with the candles that came by then, and later answers are dropped. The newest are requested first, and
 * markets take turns: what is missing after the bound is always the oldest.
 */
import { bucketStart } from '@tapedeck/market/tape/candle';
import { type Cancel, type Clock, later, type MonotonicMs } from '@tapedeck/market/time/clock';

import type {
  CandleSpan,
  LiveVenue,
  VenueInstrument,
  VenueRequest,
} from '../../venue/live-venue.ts';
import type { VenueCandle } from '../../venue/venue-event.ts';
import type { VenueHttp } from './venue-http.ts';
import type { WireAnswer } from './wire/wire.ts';

/** Candles of one market as its venue stated them, oldest first and closed. */
export type PastCandles = {
  readonly symbol: string;
  readonly instrument: VenueInstrument;
  readonly minutes: readonly VenueCandle[];
  readonly hours: readonly VenueCandle[];
};

/** What keeps candles from before the first start. */
export type CandleKeeper = {
  /** Whether the symbol has none yet. Never throws. */
  wants(symbol: string): boolean;
  /** Stores them before the market is announced. Never throws. */
  keep(candles: PastCandles): void;
};

/** How long all requests of a market may take together. */
const BOUND_MS = 1_500;
/** After a time-out or a ban, no market of the venue asks for this long. */
const QUIET_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MONTH_MS = 30 * DAY_MS;
/** An answer that means no more than that there are no such candles. */
const NO_CANDLES = new Set([200, 400, 404]);

type Page = { readonly interval: CandleSpan['interval']; readonly request: VenueRequest };

type Job = {
  readonly market: string;
  readonly symbol: string;
  readonly instrument: VenueInstrument;
  /** What is still to be requested. */
  pages: readonly Page[];
  readonly deadline: MonotonicMs;
  readonly rows: Record<CandleSpan['interval'], VenueCandle[]>;
  /** Intervals whose answers were unusable. */
  readonly failed: Set<CandleSpan['interval']>;
  readonly begin: () => void;
  timer: Cancel;
};

export class CandleDesk {
  readonly #venue: LiveVenue;
  readonly #http: VenueHttp;
  readonly #clock: Clock;
  readonly #keeper: CandleKeeper | undefined;
  #jobs: Job[] = [];
  /** The request of the first job. */
  #running: Cancel | undefined;
  /** Until the budget has room for it. */
  #waiting: Cancel | undefined;
  #quietUntil: MonotonicMs | undefined;

  constructor(options: {
    readonly venue: LiveVenue;
    readonly http: VenueHttp;
    readonly clock: Clock;
    readonly keeper: CandleKeeper | undefined;
  }) {
    this.#venue = options.venue;
    this.#http = options.http;
    this.#clock = options.clock;
    this.#keeper = options.keeper;
  }

  /** Calls `begin` once, at the latest after the bound; at once if there is nothing to ask for. */
  ask(market: string, instrument: VenueInstrument | undefined, begin: () => void): void {
    const symbol = `${market}@${this.#venue.venue}`;
    const isQuiet = this.#clock.monotonic() < (this.#quietUntil ?? 0);
    const pages = instrument?.status === 'open' && !isQuiet ? this.#pagesOf(market) : [];
    if (instrument === undefined || pages.length === 0 || this.#keeper?.wants(symbol) !== true)
      return begin();
    const job: Job = {
      ...{ market, symbol, instrument, pages, begin },
      deadline: later(this.#clock.monotonic(), BOUND_MS),
      rows: { '1m': [], '1h': [] },
      failed: new Set(),
      timer: this.#clock.after(BOUND_MS, () => this.#expire(job)),
    };
    this.#jobs.push(job);
    this.#next();
  }

  /** The market is no longer wanted. */
  drop(market: string): void {
    const isFirst = this.#jobs[0]?.market === market;
    for (const job of this.#jobs) if (job.market === market) job.timer();
    this.#jobs = this.#jobs.filter((job) => job.market !== market);
    if (!isFirst) return;
    this.#stop();
    this.#next();
  }

  close(): void {
    for (const job of this.#jobs) job.timer();
    this.#jobs = [];
    this.#stop();
  }

  /**
   * Minutes from the start of an hour, hours from the start of a day, so that longer candles are whole. The newest of
   * both first.
   */
  #pagesOf(market: string): Page[] {
    const { candles } = this.#venue;
    if (candles === undefined) return [];
    const now = this.#clock.now();
    const ahead = (interval: CandleSpan['interval']) => bucketStart(now + HOUR_MS, interval);
    const spans: readonly CandleSpan[] = [
      // The forming one, too: that it follows proves that those before it are closed, whatever our clock says.
      { market, interval: '1m', from: bucketStart(now - DAY_MS, '1h'), to: ahead('1m') },
      { market, interval: '1h', from: bucketStart(now - MONTH_MS, '1d'), to: ahead('1h') },
    ];
    const pages = spans.flatMap((span) =>
      candles.requests(span).map((request, at) => ({ interval: span.interval, request, at })),
    );
    return pages.toSorted((a, b) => a.at - b.at);
  }

  #next(): void {
    if (this.#running !== undefined || this.#waiting !== undefined) return;
    for (let job = this.#jobs[0]; job !== undefined; job = this.#jobs[0]) {
      const page = job.pages[0];
      const waitMs = page === undefined ? 0 : this.#http.roomInMs(page.request.weight);
      if (page !== undefined && waitMs === 0) {
        this.#get(job, page);
        return;
      }
      if (page !== undefined && later(this.#clock.monotonic(), waitMs) < job.deadline) {
        this.#waiting = this.#clock.after(waitMs, () => {
          this.#waiting = undefined;
          this.#next();
        });
        return;
      }
      this.#finish(job);
    }
  }

  #get(job: Job, page: Page): void {
    this.#running = this.#http.ask(page.request, (answer) => {
      this.#running = undefined;
      const rows = this.#read(answer, page.interval, job.market);
      job.pages = job.pages.slice(1);
      if (rows !== undefined) job.rows[page.interval].push(...rows);
      else {
        job.failed.add(page.interval);
        job.pages = job.pages.filter(({ interval }) => interval !== page.interval);
        if (!NO_CANDLES.has(answer.status)) return this.#giveUp();
      }
      this.#jobs = [...this.#jobs.filter((each) => each !== job), job];
      this.#next();
    });
  }

  #read(
    { status, text }: WireAnswer,
    interval: CandleSpan['interval'],
    market: string,
  ): readonly VenueCandle[] | undefined {
    const rows = status === 200 ? this.#venue.candles?.read(text, interval, market) : undefined;
    return typeof rows === 'string' ? undefined : rows;
  }

  /** A request is out for so long that it may be a stall: then no other job waits for one. */
  #expire(job: Job): void {
    if (this.#running !== undefined) return this.#giveUp();
    this.#stop();
    this.#finish(job);
    this.#next();
  }

  /** All that wait begin with what they have. */
  #giveUp(): void {
    this.#stop();
    this.#quietUntil = later(this.#clock.monotonic(), QUIET_MS);
    for (const job of [...this.#jobs]) this.#finish(job);
  }

  #finish(job: Job): void {
    job.timer();
    this.#jobs = this.#jobs.filter((each) => each !== job);
    const closed = (interval: CandleSpan['interval'], whole: number): readonly VenueCandle[] =>
      job.failed.has(interval) ? [] : closedCandles(job.rows[interval], whole);
    const minutes = closed('1m', HOUR_MS);
    const hours = closed('1h', DAY_MS);
    const { symbol, instrument } = job;
    if (minutes.length + hours.length > 0)
      this.#keeper?.keep({ symbol, instrument, minutes, hours });
    job.begin();
  }

  #stop(): void {
    this.#running?.();
    this.#running = undefined;
    this.#waiting?.();
    this.#waiting = undefined;
  }
}

/**
 * Oldest first, each once, without those that the venue calls forming; if it says nothing, without the newest. They
 * begin at a multiple of `whole`, because a venue that has fewer than were asked for begins in the middle of one; if
 * none is left, the market is younger than that, and all are kept.
 */
function closedCandles(rows: readonly VenueCandle[], whole: number): readonly VenueCandle[] {
  const byTime = new Map(rows.map((row) => [row.openTime, row]));
  const sorted = [...byTime.values()].toSorted((a, b) => a.openTime - b.openTime);
  const newest = sorted.at(-1);
  const closed = sorted.filter((row) => !(row.isForming ?? row === newest));
  const first = closed[0]?.openTime ?? 0;
  const from = Math.ceil(first / whole) * whole;
  const rest = closed.filter(({ openTime }) => openTime >= from);
  return rest.length > 0 ? rest : closed;
}
