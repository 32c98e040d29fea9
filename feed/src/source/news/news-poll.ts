import { createHash } from 'node:crypto';

import type { EpochMs } from '@tapedeck/market/number/level';
import type { Random } from '@tapedeck/market/number/random';
import type { Cancel, Clock } from '@tapedeck/market/time/clock';
import type { NewsAddressReport } from '@tapedeck/market/wire/news/news-body';

import type { Fetched, NewsFetch, NewsPlace, Validators } from './fetch/news-fetch.ts';
import type { NewsDocument } from './read/news-document.ts';
import type { NewsReader } from './read/news-reader.ts';
import type { NewsAddress } from './setting/news-setting.ts';

/** Waits are this much longer or shorter, so that feeds started together do not ask together. */
const JITTER = 0.1;
/** Failing addresses are asked at least so often, unless they say otherwise. */
const LONGEST_BACK_OFF_MS = 3_600_000;
/** And whatever they say, once a day. */
const LONGEST_RETRY_MS = 86_400_000;
/** Failures in a row before people are told: one is no news. */
const TOLD_AFTER = 3;

export type NewsPollOptions = {
  readonly address: NewsAddress;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: NewsFetch;
  readonly reader: NewsReader;
  readonly onDocument: (document: NewsDocument, source: string) => void;
  readonly tell: (severity: 'info' | 'warning', message: string) => void;
};

type Standing = Omit<NewsAddressReport, 'stories'>;

/** Asks one address again and again, and passes on its documents where they have changed. */
export class NewsPoll {
  readonly #options: NewsPollOptions;
  readonly #ended = new AbortController();
  readonly #requests = { read: 0, unchanged: 0, failed: 0 };
  /** Shown instead of the address: its query may contain a key. */
  readonly #shown: string;
  #place: NewsPlace;
  #validators: Validators = {};
  #digest: string | undefined;
  #timer: Cancel | undefined;
  #name: string;
  #items = 0;
  #failures = 0;
  #problem: string | undefined;
  #isGone = false;
  #lastReadAt: EpochMs | undefined;
  #nextReadAt: EpochMs | undefined;

  constructor(options: NewsPollOptions) {
    const { url, name } = options.address;
    this.#options = options;
    this.#place = { url, isPublic: false };
    this.#shown = shownAddress(url);
    this.#name = name ?? '';
  }

  start(delayMs: number): void {
    this.#next(delayMs);
  }

  close(): void {
    this.#timer?.();
    this.#ended.abort(new Error('the feed stops'));
  }

  report(): Standing {
    const isMoved = this.#place.url !== this.#options.address.url;
    return {
      address: this.#shown,
      name: this.#name,
      state: this.#state(),
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
      ...(isMoved ? { movedTo: shownAddress(this.#place.url) } : {}),
      lastReadAt: this.#lastReadAt ?? null,
      nextReadAt: this.#nextReadAt === undefined ? null : Math.ceil(this.#nextReadAt),
      items: this.#items,
      requests: { ...this.#requests },
    };
  }

  #state(): Standing['state'] {
    if (this.#isGone) return 'gone';
    if (this.#problem !== undefined) return 'failing';
    return this.#lastReadAt === undefined ? 'waiting' : 'ok';
  }

  #next(waitMs: number): void {
    const { clock } = this.#options;
    this.#nextReadAt = clock.now() + waitMs;
    this.#timer = clock.after(waitMs, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    const { fetch, everyMs } = this.#options;
    this.#nextReadAt = undefined;
    const fetched = await fetch.get(this.#place, this.#validators, this.#ended.signal);
    const problem = await this.#take(fetched);
    if (this.#ended.signal.aborted) return;
    if (fetched.kind === 'gone') this.#gone();
    else if (problem === undefined) {
      this.#came();
      this.#next(this.#jittered(everyMs));
    } else {
      const retryMs = fetched.kind === 'failed' ? (fetched.retryAfterMs ?? 0) : 0;
      this.#failed(problem, retryMs);
    }
  }

  /** What is wrong with an answer, if anything. */
  async #take(fetched: Fetched): Promise<string | undefined> {
    if (fetched.kind === 'failed') return fetched.why;
    if (fetched.kind === 'gone') return 'its server says that it is gone';
    const problem = fetched.kind === 'document' ? await this.#read(fetched) : undefined;
    if (problem !== undefined) return problem;
    if (fetched.kind === 'unchanged') this.#requests.unchanged++;
    // Only now: a document that could not be read is asked for again as a whole, where it was.
    if (fetched.movedTo !== undefined) this.#place = fetched.movedTo;
    return undefined;
  }

  async #read(fetched: Fetched & { readonly kind: 'document' }): Promise<string | undefined> {
    const { text, url, validators } = fetched;
    const digest = createHash('sha256').update(text).digest('base64');
    if (digest === this.#digest) this.#requests.unchanged++;
    else {
      const read = await this.#options.reader.read({ text, address: url });
      if ('problem' in read) return read.problem;
      if (this.#ended.signal.aborted) return undefined;
      const { document } = read;
      this.#requests.read++;
      this.#items = document.stories.length + document.unusable + document.excess;
      this.#name = this.#options.address.name ?? (document.title || new URL(url).host);
      this.#options.onDocument(document, this.#name);
    }
    this.#digest = digest;
    this.#validators = validators;
    return undefined;
  }

  #came(): void {
    const { clock, tell } = this.#options;
    if (this.#failures >= TOLD_AFTER) tell('info', `news of ${this.#shown} can be read again`);
    this.#failures = 0;
    this.#problem = undefined;
    this.#lastReadAt = clock.now();
  }

  #failed(problem: string, retryMs: number): void {
    const { everyMs, tell } = this.#options;
    this.#requests.failed++;
    this.#failures++;
    this.#problem = problem;
    const doubled = everyMs * 2 ** Math.min(20, this.#failures - 1);
    const backOff = this.#jittered(Math.min(Math.max(everyMs, LONGEST_BACK_OFF_MS), doubled));
    // A little later than it says: clocks differ, and the server counts from when it answered.
    const waitMs = Math.max(backOff, Math.min(LONGEST_RETRY_MS, retryMs * (1 + JITTER)));
    if (this.#failures === TOLD_AFTER)
      tell('warning', `news of ${this.#shown} cannot be read: ${problem}. It is tried again`);
    this.#next(waitMs);
  }

  #gone(): void {
    this.#requests.failed++;
    this.#isGone = true;
    this.#options.tell(
      'warning',
      `news of ${this.#shown} is gone for good, its server says (410): not asked again. Remove it from TAPEDECK_NEWS`,
    );
  }

  #jittered(ms: number): number {
    return ms * (1 + JITTER * (2 * this.#options.random.next() - 1));
  }
}

function shownAddress(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
