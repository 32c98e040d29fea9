/*
 * A table of the markets of a running feed, refreshed regularly. It follows each market's book through the
 * dashboard's own link, because only a book can prove that it is right (P16); last price and day come from the
 * ticker.
 *
 *   each refresh:    link open? --no--> every row is CUT, with its actual age
 *                        | yes
 *                    each book: ok | crossed | locked | delayed | stale, halted, resyncing with the reason
 */
import { FeedLink } from '@tapedeck/market/link/feed-link';
import type { LinkChannel } from '@tapedeck/market/link/link-channel';
import type { LinkListener } from '@tapedeck/market/link/link-listener';
import type { LinkState } from '@tapedeck/market/link/link-state';
import type { Dial } from '@tapedeck/market/link/transport/link-socket';
import type { Random } from '@tapedeck/market/number/random';
import type { Cancel, Clock, MonotonicMs } from '@tapedeck/market/time/clock';
import { readWireFrame } from '@tapedeck/market/wire/codec/wire-frame';
import type { TickerMessage } from '@tapedeck/market/wire/tape';

import { UsageError } from './cli-error.ts';
import { liveRow, liveTable } from './live-row.ts';

/** Two channels per market, of the 128 that a connection may have (P23). */
export const MAX_LIVE_SYMBOLS = 64;
/** How often new markets are looked for. */
const LOOK_MS = 10_000;

export type LiveOptions = {
  readonly clock: Clock;
  readonly random: Random;
  readonly dial: Dial;
  readonly url: string;
  /** The symbols to show; if empty, all live ones. */
  readonly symbols: readonly string[];
  /** The symbols that are live now; rejects if the feed cannot be reached. */
  readonly look: () => Promise<readonly string[]>;
  readonly isJson: boolean;
  /** Each refresh clears the screen and replaces the one before. */
  readonly isScreen: boolean;
  readonly everyMs: number;
  /** Ends after this many refreshes. */
  readonly count: number | undefined;
  readonly durationMs: number | undefined;
  readonly print: (text: string) => void;
};

type Followed = { ticker: TickerMessage | undefined; changedAt: MonotonicMs | undefined };

const HOME_AND_CLEAR = '\u001B[H\u001B[J';

export class Live {
  readonly done: Promise<void>;
  readonly #options: LiveOptions;
  readonly #link: FeedLink;
  readonly #markets = new Map<string, Followed>();
  readonly #books = new Map<string, LinkChannel>();
  readonly #cancels: Cancel[] = [];
  #end: (error?: Error) => void = () => {};
  #heardAt: MonotonicMs | undefined;
  #trouble = '';
  #hasConnected = false;
  #drawn = 0;
  #isOver = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    const { clock, random, dial, symbols, everyMs, durationMs } = options;
    this.done = new Promise((resolve, reject) => {
      this.#end = (error) => (error === undefined ? resolve() : reject(error));
    });
    const decode = readWireFrame;
    this.#link = new FeedLink({ clock, random, dial, decode, listener: this.#listener() });
    for (const symbol of symbols) this.#follow(symbol);
    this.#cancels.push(clock.every(everyMs, () => this.#draw()));
    if (symbols.length === 0) this.#cancels.push(clock.every(LOOK_MS, () => void this.#look()));
    if (durationMs !== undefined) this.#cancels.push(clock.after(durationMs, () => this.stop()));
    this.#link.start();
  }

  /** Ends it, on request. */
  stop(): void {
    this.#finish();
  }

  #finish(error?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const cancel of this.#cancels) cancel();
    this.#link.stop();
    this.#end(error);
  }

  /** A failed request is repeated at the next look; the link reports what is wrong. */
  async #look(): Promise<void> {
    const symbols = await this.#options.look().catch(() => []);
    if (this.#isOver) return;
    for (const symbol of symbols)
      if (this.#markets.size < MAX_LIVE_SYMBOLS && !this.#markets.has(symbol)) this.#follow(symbol);
  }

  #follow(symbol: string): void {
    this.#markets.set(symbol, { ticker: undefined, changedAt: undefined });
    this.#books.set(symbol, this.#link.subscribe(`book:${symbol}:10:250ms`));
    this.#link.subscribe(`ticker:${symbol}`);
  }

  #listener(): LinkListener {
    const { clock, symbols } = this.#options;
    const of = (channel: LinkChannel): Followed | undefined =>
      this.#markets.get(channel.parsed.symbol);
    return {
      onState: (state) => this.#onState(state),
      onHello: () => {
        this.#hasConnected = true;
        if (symbols.length === 0) void this.#look();
      },
      onFrame: (_, __, now) => {
        this.#heardAt = now;
      },
      onBook: (channel, outcome) => {
        const market = of(channel);
        if (market !== undefined && outcome === 'applied') market.changedAt = clock.monotonic();
      },
      onTicker: (channel, message) => {
        const market = of(channel);
        if (market !== undefined) market.ticker = message;
      },
      onChannel: (channel) => {
        const { subscription, name, detail, parsed } = channel;
        if (subscription !== 'refused') return;
        if (symbols.includes(parsed.symbol)) this.#finish(new UsageError(`${name}: ${detail}`));
        else this.#forget(parsed.symbol);
      },
      onTrades: () => {},
      onCandle: () => {},
      onMessage: () => {},
      onLostFrame: () => {},
    };
  }

  /** It was live at the last look and no longer is. */
  #forget(symbol: string): void {
    this.#markets.delete(symbol);
    this.#books.delete(symbol);
    this.#link.unsubscribe(`book:${symbol}:10:250ms`);
    this.#link.unsubscribe(`ticker:${symbol}`);
  }

  #onState(state: LinkState): void {
    const { url } = this.#options;
    if (state.kind !== 'open') this.#heardAt = undefined;
    if (state.kind === 'closed')
      this.#finish(
        new Error(`the feed at ${url} closed the link: ${state.reason} (${state.code})`),
      );
    if (state.kind !== 'waiting') return;
    this.#trouble = state.reason;
    if (!this.#hasConnected)
      this.#finish(new Error(`cannot reach a feed at ${url}: ${state.reason}`));
  }

  #draw(): void {
    const { clock, url, isJson, isScreen, print, count } = this.#options;
    if (!this.#hasConnected) return;
    const now = clock.now();
    const heardAt = this.#heardAt;
    const rows = [...this.#markets].flatMap(([symbol, market]) => {
      const book = this.#books.get(symbol);
      return book === undefined ? [] : [liveRow({ book, ...market }, heardAt, clock.monotonic())];
    });
    if (isJson) {
      const link = heardAt === undefined ? 'cut' : 'open';
      print(`${JSON.stringify({ now, link, markets: rows })}\n`);
    } else {
      const link =
        heardAt === undefined ? `CUT: ${this.#trouble}; the values below are old` : 'connected';
      const head = `${new Date(now).toISOString().slice(11, 19)}  ${url}  ${link}`;
      const body = rows.length === 0 ? ['no market is live'] : liveTable(rows);
      print(
        `${isScreen ? HOME_AND_CLEAR : ''}${[head, ...body].join('\n')}\n${isScreen ? '' : '\n'}`,
      );
    }
    this.#drawn++;
    if (this.#drawn === count) this.#finish();
  }
}
