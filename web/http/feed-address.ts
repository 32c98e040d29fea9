/*
 * Where the feed is for this page. The address comes from `/config.json` at run time; if the feed's own port cannot
 * be reached, the page's origin serves the same paths (`server/feed-request.ts`). Socket and requests share what they
 * learn: if one of them gets through, the other uses the same address.
 */
import { type Clock, LONG_AGO } from '@tapedeck/market/time/clock';

import { systemClock } from '../clock/system-clock.ts';
import {
  DIRECT_PATIENCE_MS,
  type FeedAddresses,
  SAME_ORIGIN_PREFERENCE_MS,
} from '../live/model/deck-port.ts';

const TOKEN_KEY = 'tapedeck.token';

type Via = 'direct' | 'same-origin';

/** The run-time configuration and the choice between the two addresses. One per page. */
export class FeedAddress {
  #config: Promise<FeedAddresses> | undefined;
  #choice: Promise<Via> | undefined;
  #chosen: Via = 'direct';
  #chosenAt = LONG_AGO;
  readonly #clock: Pick<Clock, 'monotonic'>;

  constructor(clock: Pick<Clock, 'monotonic'> = systemClock) {
    this.#clock = clock;
  }

  /** The configured addresses of the page. Requested once; on failure only the page's own remains. */
  addresses(): Promise<FeedAddresses> {
    this.#config ??= readConfig();
    return this.#config;
  }

  get prefersSameOrigin(): boolean {
    return this.#chosen === 'same-origin' && this.#isFresh;
  }

  /** The origin for requests. The first call probes the direct address. */
  async origin(): Promise<string> {
    const { direct, sameOrigin } = await this.addresses();
    if (direct === undefined) return sameOrigin;
    const isOld = this.#chosen === 'same-origin' && !this.#isFresh;
    if (this.#choice === undefined || isOld) {
      this.#choice = this.#find(direct, sameOrigin);
    }
    return (await this.#choice) === 'direct' ? direct : sameOrigin;
  }

  get #isFresh(): boolean {
    return this.#clock.monotonic() - this.#chosenAt < SAME_ORIGIN_PREFERENCE_MS;
  }

  /** The socket has connected by `via`. */
  note(via: Via): void {
    if (via === this.#chosen && this.#choice !== undefined) {
      this.#chosenAt = this.#clock.monotonic();
      return;
    }
    this.#choice = Promise.resolve(this.#choose(via));
  }

  /** A request did not get through: probe again. */
  doubt(): void {
    this.#choice = undefined;
  }

  async #find(direct: string, sameOrigin: string): Promise<Via> {
    if (await probe(direct)) return this.#choose('direct');
    if (await probe(sameOrigin)) return this.#choose('same-origin');
    // With the feed down neither address answers: that says nothing about them, so nothing is remembered.
    this.#choice = undefined;
    return this.#chosen;
  }

  #choose(via: Via): Via {
    this.#chosen = via;
    this.#chosenAt = this.#clock.monotonic();
    return via;
  }
}

/** The instance of this page. */
export const feedAddress = new FeedAddress();

async function readConfig(): Promise<FeedAddresses> {
  const sameOrigin = location.origin;
  try {
    const response = await fetch('/config.json', { cache: 'no-store' });
    const { feedUrl } = (await response.json()) as { feedUrl?: unknown };
    const direct =
      typeof feedUrl === 'string' && URL.canParse(feedUrl) ? new URL(feedUrl).origin : undefined;
    return { direct: direct === sameOrigin ? undefined : direct, sameOrigin };
  } catch {
    return { direct: undefined, sameOrigin };
  }
}

async function probe(origin: string): Promise<boolean> {
  try {
    const response = await fetch(`${origin}/healthz`, {
      signal: AbortSignal.timeout(DIRECT_PATIENCE_MS),
      cache: 'no-store',
    });
    return response.ok;
  } catch {
    return false;
  }
}

/** The access token of `?token=`, kept for this tab only. */
export function accessToken(): string | undefined {
  if (typeof window === 'undefined') return undefined;
  try {
    const given = new URLSearchParams(location.search).get('token');
    if (given !== null && given !== '') sessionStorage.setItem(TOKEN_KEY, given);
    return sessionStorage.getItem(TOKEN_KEY) ?? undefined;
  } catch {
    // Without storage the page works as long as its address has the token.
    return new URLSearchParams(location.search).get('token') ?? undefined;
  }
}
