/*
 * Every book whose state is ok is compared with a reference: a client without faults on the raw tier of each symbol.
 * A comparison waits until the reference has a later change.
 */
import { bookSchema } from '@tapedeck/market/wire/http';

import { TestLink } from '../test/test-link.ts';
import { BookTruth, type Sides } from './book-truth.ts';
import { DEPTH, type SoakClient, SYMBOLS } from './soak-clients.ts';
import type { SoakFeed } from './soak-feed.ts';

/** Comparisons waiting for their reference; older ones are given up, and counted. */
const MAX_WAITING = 5_000;

/** A book whose state was ok, until it can be compared with its reference. */
type Waiting = {
  readonly symbol: string;
  readonly who: string;
  readonly epoch: string;
  readonly sequence: number;
  readonly sides: Sides;
  readonly depth: number;
};

export class SoakComparison {
  readonly references: readonly TestLink[];
  /** What was wrong, as sentences. */
  readonly wrong: string[] = [];
  compared = 0;
  /** Without a reference: it was behind itself, or the epoch ended meanwhile. */
  unknown = 0;
  /** Books from `GET /v1/book`. */
  served = 0;
  readonly #feed: SoakFeed;
  readonly #truths = new Map<string, BookTruth>();
  readonly #waiting: Waiting[] = [];

  constructor(feed: SoakFeed) {
    this.#feed = feed;
    this.references = SYMBOLS.map((symbol, index) => {
      const truth = new BookTruth();
      this.#truths.set(symbol, truth);
      const channels = [`book:${symbol}:${DEPTH}:raw`];
      const link = new TestLink({
        url: feed.stream,
        seed: 90 + index,
        channels,
        address: '10.9.0.1',
      });
      link.onBook = ({ mirror }, message) => {
        if (mirror !== undefined) truth.add(mirror, message);
      };
      return link;
    });
  }

  /** Takes every book of the clients whose state is ok. */
  observe(clients: readonly SoakClient[]): void {
    for (const { link, book, symbol, kind, depth } of clients) {
      if (!link.hasWholeTapes) this.wrong.push(`trades lost silently: ${kind} ${book}`);
      const { phase, mirror } = link.channel(book);
      if (phase !== 'ok' || mirror === undefined) continue;
      const { epoch, book: held } = mirror;
      const sides = { bids: held.bids.top(), asks: held.asks.top() };
      const { sequence } = held;
      this.#waiting.push({ symbol, who: `${kind} ${book}`, epoch, sequence, sides, depth });
    }
  }

  /** Takes the feed's answers over HTTP. */
  async ask(): Promise<void> {
    for (const symbol of SYMBOLS) {
      const body = await this.#feed.get(`/v1/book?symbol=${symbol}&depth=${DEPTH}`);
      const served = bookSchema.safeParse(body);
      // A book waiting for its snapshot is not served.
      if (!served.success) continue;
      const { epoch, sequence, bids, asks } = served.data;
      const who = `GET /v1/book ${symbol}`;
      this.#waiting.push({ symbol, who, epoch, sequence, sides: { bids, asks }, depth: DEPTH });
      this.served++;
    }
  }

  /** Judges what can be judged by now. */
  settle(): void {
    for (const each of this.#waiting.splice(0)) {
      const { symbol, who, epoch, sequence, sides, depth } = each;
      const verdict = this.#truths.get(symbol)?.judge(epoch, sequence, sides, depth);
      if (verdict === undefined) this.#waiting.push(each);
      else if (verdict === 'unheard') this.unknown++;
      else {
        this.compared++;
        if (verdict !== 'right')
          this.wrong.push(`wrong and ok: ${who} at ${epoch}/${sequence}: ${verdict.wrong}`);
      }
    }
    while (this.#waiting.length > MAX_WAITING) {
      this.#waiting.shift();
      this.unknown++;
    }
  }
}
