import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { MarketSink, MarketSource } from '@tapedeck/market/instrument/market-event';
import type { Random } from '@tapedeck/market/number/random';
import type { Cancel, Clock } from '@tapedeck/market/time/clock';
import type { NewsStatus } from '@tapedeck/market/wire/news/news-body';

import { NewsFetch } from './fetch/news-fetch.ts';
import { NewsPoll } from './news-poll.ts';
import type { NewsDocument } from './read/news-document.ts';
import { NewsReader } from './read/news-reader.ts';
import type { NewsAddress, NewsWord } from './setting/news-setting.ts';
import { type KnownStories, StoryDesk, StoryShelf } from './story-desk.ts';
import { WordTags } from './word-tags.ts';

/** Between the first requests, so that they do not all go out together. */
const APART_MS = 300;
/** How long the first request waits for the markets, which its headlines shall name. */
const LONGEST_WAIT_MS = 20_000;
const WAIT_MS = 500;

export type NewsSourceOptions = {
  readonly addresses: readonly NewsAddress[];
  readonly words: readonly NewsWord[];
  readonly everyMs: number;
  readonly clock: Clock;
  readonly random: Random;
  /** The live markets. */
  readonly live: () => readonly Instrument[];
  /** Whether markets are still being announced. */
  readonly isSettling: () => boolean;
  readonly known: KnownStories;
  readonly fetch?: NewsFetch;
};

type Polled = { readonly poll: NewsPoll; readonly shelf: StoryShelf };

/** Headlines from RSS and Atom: documents at configured addresses, read again and again. */
export class NewsSource implements MarketSource {
  readonly #options: NewsSourceOptions;
  readonly #tags: WordTags;
  readonly #desk: StoryDesk;
  readonly #reader: NewsReader;
  readonly #polled: readonly Polled[];
  #sink: MarketSink | undefined;
  #waiting: Cancel | undefined;

  constructor(options: NewsSourceOptions) {
    const { addresses, everyMs, clock, random, fetch = new NewsFetch(clock) } = options;
    this.#options = options;
    this.#tags = new WordTags(options.words);
    this.#desk = new StoryDesk(options.known);
    const reader = new NewsReader(clock);
    this.#reader = reader;
    this.#polled = addresses.map((address) => {
      const shelf = new StoryShelf(address.url);
      const poll = new NewsPoll({
        ...{ address, everyMs, clock, random, fetch, reader },
        onDocument: (document, source) => this.#publish(shelf, document, source),
        tell: (severity, message) => this.#tell(severity, message),
      });
      return { poll, shelf };
    });
  }

  start(sink: MarketSink): void {
    this.#sink = sink;
    const { clock } = this.#options;
    const since = clock.monotonic();
    const begin = (): void => {
      const isEarly = clock.monotonic() - since < LONGEST_WAIT_MS;
      if (isEarly && this.#options.isSettling()) this.#waiting = clock.after(WAIT_MS, begin);
      else for (const [i, { poll }] of this.#polled.entries()) poll.start(i * APART_MS);
    };
    if (this.#polled.length > 0) this.#waiting = clock.after(WAIT_MS, begin);
  }

  close(): void {
    this.#sink = undefined;
    this.#waiting?.();
    for (const { poll } of this.#polled) poll.close();
    this.#reader.close();
  }

  report(): NewsStatus {
    return {
      now: this.#options.clock.now(),
      addresses: this.#polled.map(({ poll, shelf }) => ({
        ...poll.report(),
        stories: { ...shelf.counts },
      })),
      missing: [...this.#tags.missing(this.#options.live())],
    };
  }

  #publish(shelf: StoryShelf, document: NewsDocument, source: string): void {
    const live = this.#options.live();
    for (const { id, time, story } of this.#desk.take(shelf, document, this.#options.clock.now())) {
      const { title, labels, link } = story;
      const symbols = this.#tags.symbolsOf([title, ...labels], live);
      const about = link === undefined ? {} : { link };
      this.#sink?.({ type: 'headline', id, time, source, symbols, title, ...about });
    }
  }

  #tell(severity: 'info' | 'warning', message: string): void {
    const time = this.#options.clock.now();
    this.#sink?.({ type: 'status', time, severity, kind: 'news-feed', symbols: [], message });
  }
}
