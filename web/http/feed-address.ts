/*
 * Where the feed is for this page. The address comes from `/config.json` at run time; where the feed's own port cannot
 * be reached the page's origin carries the same surface (`server/feed-request.ts`). The socket's experience and that of requests
 * inform each other: one of them finding a way is enough.
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

  /** The addresses that the page was configured with. Asked for once; a failure falls back to the page's own. */
  addresses(): Promise<FeedAddresses> {
    this.#config ??= readConfig();
    return this.#config;
  }

  get prefersSameOrigin(): boolean {
    return this.#chosen === 'same-origin' && this.#isFresh;
  }

  /** The origin that requests go to. The first call probes the direct address. */
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

  /** The socket found that this address serves. */
  note(via: Via): void {
    if (via === this.#chosen && this.#choice !== undefined) {
      this.#chosenAt = this.#clock.monotonic();
      return;
    }
    this.#choice = Promise.resolve(this.#choose(via));
  }

  /** A request to the direct address did not get through: ask anew. */
  doubt(): void {
    this.#choice = undefined;
  }

  async #find(direct: string, sameOrigin: string): Promise<Via> {
    if (await probe(direct)) return this.#choose('direct');
    if (await probe(sameOrigin)) return this.#choose('same-origin');
    // No way leads to a feed that is down: nothing was learnt, and nothing is remembered.
    this.#choice = undefined;
    return this.#chosen;
  }

  #choose(via: Via): Via {
    this.#chosen = via;
    this.#chosenAt = this.#clock.monotonic();
    return via;
  }
}

/** The one of this page. */
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
    // Storage can be forbidden; the page then works for as long as the address names the token.
    return new URLSearchParams(location.search).get('token') ?? undefined;
  }
}
