/*
 * All instruments of one venue, for a search: requested at most once in ten minutes, and after a failure at most once
 * in ten seconds, however many ask.
 */
import type { Clock, MonotonicMs } from '@tapedeck/market/time/clock';

import type { LiveVenue, VenueInstrument, VenueRequest } from '../../venue/live-venue.ts';
import type { VenueHttp } from './venue-http.ts';

const FRESH_MS = 600_000;
const FAILED_MS = 10_000;
/** How much of a venue's own text an error repeats. */
const QUOTED = 160;

/** Text: why there is no list. */
type List = readonly VenueInstrument[] | string;

export class InstrumentList {
  readonly #venue: LiveVenue;
  readonly #http: VenueHttp;
  readonly #clock: Clock;
  #list: List | undefined;
  #listedAt: MonotonicMs | undefined;
  #asked: Promise<List> | undefined;

  constructor(options: {
    readonly venue: LiveVenue;
    readonly http: VenueHttp;
    readonly clock: Clock;
  }) {
    this.#venue = options.venue;
    this.#http = options.http;
    this.#clock = options.clock;
  }

  async all(): Promise<List> {
    const list = this.#list;
    if (list !== undefined && this.#listedAt !== undefined) {
      const ageMs = this.#clock.monotonic() - this.#listedAt;
      if (ageMs < (typeof list === 'string' ? FAILED_MS : FRESH_MS)) return list;
    }
    this.#asked ??= this.#ask();
    return this.#asked;
  }

  async #ask(): Promise<List> {
    const { venue, instruments } = this.#venue;
    let all: List = [];
    for (const request of instruments.lists ?? [instruments.request(undefined)]) {
      const list = await this.#listOf(request);
      if (typeof list !== 'string') {
        all = [...all, ...list];
        continue;
      }
      all = `${venue} does not list its instruments: ${list}`;
      break;
    }
    this.#list = all;
    this.#listedAt = this.#clock.monotonic();
    this.#asked = undefined;
    return all;
  }

  #listOf(request: VenueRequest): Promise<List> {
    const { instruments } = this.#venue;
    return new Promise((resolve) => {
      this.#http.ask(request, ({ status, text }) =>
        resolve(status === 200 ? instruments.read(text) : answered(status, text)),
      );
    });
  }
}

/** Status 0 means no answer; its text says why. */
function answered(status: number, text: string): string {
  const quoted = text.slice(0, QUOTED);
  if (status === 0) return quoted;
  const region = status === 451 || status === 403 ? '; it may refuse this region' : '';
  return `it answers ${status}${quoted === '' ? '' : `: ${quoted}`}${region}`;
}
