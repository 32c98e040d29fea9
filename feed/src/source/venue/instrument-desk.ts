/* Instruments as their venue states them: requested once per path, with a few retries if the request fails. */
import type { Random } from '@tapedeck/market/number/random';
import type { Cancel, Clock } from '@tapedeck/market/time/clock';

import type { LiveVenue, VenueInstrument } from '../../venue/live-venue.ts';
import { backOffMs } from './back-off.ts';
import type { VenueHttp } from './venue-http.ts';
import type { WireAnswer } from './wire/wire.ts';

export type InstrumentAnswer =
  | { readonly type: 'known'; readonly instrument: VenueInstrument }
  /** The venue rejects the instrument; or its list does not have it. */
  | { readonly type: 'refused' | 'unlisted'; readonly detail: string }
  /** The venue gave no list: the grid is derived from the first book. */
  | { readonly type: 'unstated' };

/** After this many attempts the grid is derived from frames instead. */
const ATTEMPTS = 3;

export class InstrumentDesk {
  readonly #venue: LiveVenue;
  readonly #http: VenueHttp;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #known = new Map<string, VenueInstrument>();
  readonly #waiting = new Map<string, ((answer: InstrumentAnswer) => void)[]>();
  readonly #timers = new Set<Cancel>();

  constructor(options: {
    readonly venue: LiveVenue;
    readonly http: VenueHttp;
    readonly clock: Clock;
    readonly random: Random;
  }) {
    this.#venue = options.venue;
    this.#http = options.http;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  ask(market: string, done: (answer: InstrumentAnswer) => void): void {
    const instrument = this.#known.get(market);
    if (instrument !== undefined) return done({ type: 'known', instrument });
    const { path } = this.#venue.instruments.request(market);
    const waiting = this.#waiting.get(path);
    const answered = (answer: InstrumentAnswer): void => done(this.#of(market, answer));
    if (waiting !== undefined) waiting.push(answered);
    else {
      this.#waiting.set(path, [answered]);
      this.#ask(market, path, 1);
    }
  }

  close(): void {
    for (const cancel of this.#timers) cancel();
  }

  #ask(market: string, path: string, attempt: number): void {
    this.#http.get(this.#venue.instruments.request(market), (answer) => {
      const list = this.#read(answer);
      if (typeof list !== 'string') return this.#answer(path, list);
      // 404: the venue has no such list; 400: no such instrument.
      if (answer.status === 400) return this.#answer(path, { type: 'refused', detail: list });
      const unlisted =
        answer.status === 404 ? this.#venue.instruments.unlisted?.(answer.text) : undefined;
      if (unlisted !== undefined)
        return this.#answer(path, { type: 'unlisted', detail: `the venue says: ${unlisted}` });
      if (answer.status === 404 || attempt >= ATTEMPTS)
        return this.#answer(path, { type: 'unstated' });
      const timer = this.#clock.after(backOffMs(attempt, 2_000 * attempt, this.#random), () => {
        this.#timers.delete(timer);
        this.#ask(market, path, attempt + 1);
      });
      this.#timers.add(timer);
    });
  }

  #read({ status, text }: WireAnswer): readonly VenueInstrument[] | string {
    if (status !== 200) return `the venue answers ${status}: ${text.slice(0, 120)}`;
    return this.#venue.instruments.read(text);
  }

  #answer(path: string, answer: readonly VenueInstrument[] | InstrumentAnswer): void {
    const waiting = this.#waiting.get(path) ?? [];
    this.#waiting.delete(path);
    const isList = Array.isArray(answer);
    if (isList)
      for (const each of answer as readonly VenueInstrument[]) this.#known.set(each.market, each);
    const detail = 'the venue lists no such instrument';
    const told = isList ? { type: 'unlisted' as const, detail } : (answer as InstrumentAnswer);
    for (const done of waiting) done(told);
  }

  #of(market: string, answer: InstrumentAnswer): InstrumentAnswer {
    const instrument = this.#known.get(market);
    return instrument === undefined ? answer : { type: 'known', instrument };
  }
}
