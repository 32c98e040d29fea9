import { bookChecksum } from '@tapedeck/market/book/checksum';
import type { LinkSocket, SocketEvents } from '@tapedeck/market/link/transport/link-socket';
import type { Level } from '@tapedeck/market/number/level';
import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';
import { encodeBinary, joinBinary } from '@tapedeck/market/wire/binary/binary-encoder';
import { decodeUp } from '@tapedeck/market/wire/codec/codec';
import type { DownMessage } from '@tapedeck/market/wire/down';
import type { UpMessage } from '@tapedeck/market/wire/up';

import type { CandleBatch, FromDeckWorker, TopicUpdate } from '../model/deck-port.ts';
import { DeckEngine } from './deck-engine.ts';
import type { DeckMessage, DeckPage, DeckStart } from './deck-page.ts';
import type { OpenSocket } from './dialer.ts';

type Dialled = { readonly url: string; readonly events: SocketEvents; isDropped: boolean };

/** A page played by the test. */
export class TestPage {
  /** Posted messages; `posted` lists those of `together` singly. */
  readonly posts: FromDeckWorker[] = [];
  readonly posted: FromDeckWorker[] = [];
  readonly #page: DeckPage;

  constructor(engine: DeckEngine) {
    this.#page = engine.attach((message) => {
      this.posts.push(message);
      this.posted.push(...(message.type === 'together' ? message.messages : [message]));
    });
  }

  hear(message: DeckMessage): void {
    this.#page.hear(message);
  }

  updates(key: string): readonly TopicUpdate[] {
    return this.posted.flatMap((message) =>
      message.type === 'batch' ? message.topics.filter((topic) => topic.key === key) : [],
    );
  }

  candles(key: string): readonly CandleBatch[] {
    return this.posted.flatMap((message) =>
      message.type === 'batch' ? message.candles.filter((batch) => batch.key === key) : [],
    );
  }

  links(): readonly string[] {
    return this.posted.flatMap((message) => (message.type === 'link' ? [message.link.state] : []));
  }
}

/** A worker's engine between a page and a feed, both played by the test. */
export class EngineBench {
  readonly clock = new ManualClock();
  readonly sent: UpMessage[] = [];
  readonly dialled: Dialled[] = [];
  isReachable = false;
  loads = 0;
  readonly engine = new DeckEngine({
    isShared: true,
    fetch: () => Promise.reject(new Error('no events here')),
    clock: this.clock,
    random: new Random(3),
    openSocket: (url, events) => this.#dial(url, events),
    loadFallback: () => {
      this.loads++;
      const open: OpenSocket = (url, events) => this.#dial(url, events);
      return Promise.resolve({ openStream: open, openPolled: open });
    },
    probe: () => Promise.resolve(this.isReachable),
  });
  /** The first page. */
  readonly page = this.attach();

  get posts(): FromDeckWorker[] {
    return this.page.posts;
  }

  get posted(): FromDeckWorker[] {
    return this.page.posted;
  }

  attach(): TestPage {
    return new TestPage(this.engine);
  }

  start(change: Partial<DeckStart> = {}): void {
    this.page.hear({
      type: 'start',
      addresses: { direct: 'http://feed:8080', sameOrigin: 'http://web:3000' },
      preferSameOrigin: false,
      token: undefined,
      replayId: undefined,
      ...change,
    });
  }

  /** Lets time pass, and pending promises settle. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      this.clock.advance(50);
      for (let turn = 0; turn < 12; turn++) await Promise.resolve();
    }
  }

  get newest(): Dialled {
    const newest = this.dialled.at(-1);
    if (newest === undefined) throw new Error('nothing was dialled');
    return newest;
  }

  open(mode: 'live' | 'replay' = 'live'): void {
    this.newest.events.opened();
    this.say({
      type: 'hello',
      version: 1,
      epoch: 'e1',
      connection: 'c1',
      now: this.clock.now(),
      heartbeatMs: 15_000,
      mode,
      build: 'b',
      limits: { messagesPerSecond: 10, channels: 128, frameBytes: 16_384 },
    });
    this.clock.advance(20);
  }

  /** In the form in which a current feed speaks to a page. */
  say(...messages: readonly DownMessage[]): void {
    this.newest.events.frame(joinBinary(messages.map(encodeBinary)));
  }

  /** Confirms all subscriptions, numbering the channels from 1. */
  confirm(): readonly string[] {
    const asked = this.sent.findLast((message) => message.type === 'subscribe');
    const names = asked?.type === 'subscribe' ? asked.channels : [];
    this.say({
      type: 'subscribed',
      id: asked?.id,
      channels: names.map((name, i) => ({
        name,
        channel: i + 1,
        instrument: { symbol: 'BTC-USD@sim', tickSize: '0.1', lotSize: '0.01' },
        resume: 'none',
      })),
    });
    return names;
  }

  /** A whole book, or with `previous` a change of it; the best bid's size is its sequence. */
  book(sequence: number, previous?: number, channel = 1): void {
    const now = this.clock.now();
    const bids: Level[] = [[100, sequence]];
    const asks: Level[] = [[103, 5]];
    const stamps = { channel, sequence, eventTime: now, sendTime: now };
    if (previous === undefined) {
      const checksum = bookChecksum(asks, bids);
      this.say({
        type: 'book-snapshot',
        ...stamps,
        epoch: 'e1',
        receiveTime: now,
        bids,
        asks,
        checksum,
      });
    } else this.say({ type: 'book-delta', ...stamps, previous, merged: 1, bids, asks: [] });
  }

  updates(key: string): readonly TopicUpdate[] {
    return this.page.updates(key);
  }

  links(): readonly string[] {
    return this.page.links();
  }

  #dial(url: string, events: SocketEvents): LinkSocket {
    const dialled: Dialled = { url, events, isDropped: false };
    this.dialled.push(dialled);
    return {
      send: (text) => void this.sent.push(decodeUp(text)),
      drop: () => {
        dialled.isDropped = true;
      },
    };
  }
}

export const LADDER = {
  kind: 'ladder',
  symbol: 'BTC-USD@sim',
  groupTicks: 1,
  rows: 12,
  rateHz: 10,
} as const;

/** A bench whose page shows a live ladder. */
export function openLadder(): EngineBench {
  const bench = new EngineBench();
  bench.page.hear({ type: 'watch', key: 'l', topic: LADDER });
  bench.start();
  bench.open();
  bench.confirm();
  bench.book(1);
  bench.clock.advance(5);
  return bench;
}
