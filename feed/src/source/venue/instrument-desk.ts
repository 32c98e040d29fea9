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

/** After this many attempts the grid is derived from frames instead, if unlisted markets may be subscribed. */
const ATTEMPTS = 3;

export class InstrumentDesk {
  readonly #venue: LiveVenue;
  readonly #http: VenueHttp;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #known = new Map<string, VenueInstrument>();
  readonly #waiting = new Map<string, ((answer: InstrumentAnswer) => void)[]>();
  readonly #timers = new Set<Cancel>();
  #trouble: string | undefined;

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

  /** Why markets wait for the venue's list; undefined if none does. */
  get trouble(): string | undefined {
    return this.#waiting.size > 0 ? this.#trouble : undefined;
  }

  ask(market: string, done: (answer: InstrumentAnswer) => void): void {
    const instrument = this.#known.get(market);
    if (instrument !== undefined) return done(this.#of(market, { type: 'known', instrument }));
    const { path, body = '' } = this.#venue.instruments.request(market);
    const key = `${path} ${body}`;
    const waiting = this.#waiting.get(key);
    const answered = (answer: InstrumentAnswer): void => done(this.#of(market, answer));
    if (waiting !== undefined) waiting.push(answered);
    else {
      this.#waiting.set(key, [answered]);
      this.#ask(market, key, 1);
    }
  }

  close(): void {
    for (const cancel of this.#timers) cancel();
  }

  #ask(market: string, key: string, attempt: number): void {
    this.#http.ask(this.#venue.instruments.request(market), (answer) => {
      const list = this.#read(answer);
      if (typeof list !== 'string') return this.#answer(key, list);
      if (this.#venue.instruments.onlyListed === true) {
        this.#trouble = `no market is subscribed before the venue has listed its instruments: ${list}`;
        return this.#later(market, key, attempt);
      }
      // 404: the venue has no such list; 400: no such instrument.
      if (answer.status === 400) return this.#answer(key, { type: 'refused', detail: list });
      const unlisted =
        answer.status === 404 ? this.#venue.instruments.unlisted?.(answer.text) : undefined;
      if (unlisted !== undefined)
        return this.#answer(key, { type: 'unlisted', detail: `the venue says: ${unlisted}` });
      if (answer.status === 404 || attempt >= ATTEMPTS)
        return this.#answer(key, { type: 'unstated' });
      this.#later(market, key, attempt);
    });
  }

  #later(market: string, key: string, attempt: number): void {
    const timer = this.#clock.after(backOffMs(attempt, 2_000 * attempt, this.#random), () => {
      this.#timers.delete(timer);
      this.#ask(market, key, attempt + 1);
    });
    this.#timers.add(timer);
  }

  #read({ status, text }: WireAnswer): readonly VenueInstrument[] | string {
    if (status !== 200) return `the venue answers ${status}: ${text.slice(0, 120)}`;
    return this.#venue.instruments.read(text);
  }

  #answer(key: string, answer: readonly VenueInstrument[] | InstrumentAnswer): void {
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    const isList = Array.isArray(answer);
    if (isList)
      for (const each of answer as readonly VenueInstrument[]) this.#known.set(each.market, each);
    const detail = 'the venue lists no such instrument';
    const type = this.#venue.instruments.onlyListed === true ? 'refused' : 'unlisted';
    const told: InstrumentAnswer = isList ? { type, detail } : (answer as InstrumentAnswer);
    for (const done of waiting) done(told);
  }

  #of(market: string, answer: InstrumentAnswer): InstrumentAnswer {
    const instrument = this.#known.get(market);
    if (instrument === undefined) return answer;
    return instrument.status === 'gone' && this.#venue.instruments.onlyListed === true
      ? { type: 'refused', detail: 'the venue has delisted it' }
      : { type: 'known', instrument };
  }
}
