/* Several pages on one engine: one link and one subscription for all, and each page with all that it watches. */
import { expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';
import type { DownMessage } from '@tapedeck/market/wire/down';

import { topicKey } from '../model/deck-port.ts';
import { definitionOf, type Topic } from '../model/topics.ts';
import type { LadderView } from '../model/view-model.ts';
import { EngineBench, LADDER, openLadder, type TestPage } from './test-engine-bench.ts';

const SEED = Number(process.env['TAPEDECK_TEST_SEED'] ?? 4_711);
const CANDLES = { kind: 'candles', symbol: 'BTC-USD@sim', interval: '1m' } as const;

function subscribed(bench: EngineBench): readonly string[] {
  return bench.sent.flatMap((message) => (message.type === 'subscribe' ? message.channels : []));
}

function lastLadder(page: TestPage, key = 'l'): LadderView | undefined {
  const update = page.updates(key).findLast(({ value }) => value !== undefined);
  return update?.value as LadderView | undefined;
}

test('a second page dials nothing and subscribes to nothing; it has link and ladder at once', () => {
  const bench = openLadder();
  const other = bench.attach();
  expect(other.posted).toMatchObject([
    { type: 'link', link: { state: 'open' } },
    { type: 'events-state' },
  ]);
  other.hear({ type: 'watch', key: 'l', topic: LADDER });
  bench.clock.advance(1);
  expect(lastLadder(other)?.sequence).toBe(1);
  bench.book(2, 1);
  bench.clock.advance(120);
  expect([lastLadder(bench.page)?.sequence, lastLadder(other)?.sequence]).toEqual([2, 2]);
  expect(bench.dialled).toHaveLength(1);
  expect(subscribed(bench)).toEqual(['book:BTC-USD@sim:25:100ms']);
});

test('every page is told how many share the link', () => {
  const bench = openLadder();
  bench.attach();
  bench.clock.advance(1_000);
  const figures = bench.posted.findLast((message) => message.type === 'figures');
  expect(figures).toMatchObject({ figures: { sharedBy: 2 } });
});

test('a page that stops gets nothing more, and takes no channel from the others', () => {
  const bench = openLadder();
  const other = bench.attach();
  other.hear({ type: 'watch', key: 'l', topic: LADDER });
  other.hear({ type: 'watch', key: 't', topic: { kind: 'tape', symbol: 'BTC-USD@sim' } });
  bench.clock.advance(50);
  expect([bench.engine.pages, bench.engine.channels]).toEqual([2, 2]);
  bench.book(2, 1);
  other.hear({ type: 'stop' });
  const heard = other.posts.length;
  bench.book(3, 2);
  bench.clock.advance(2_000);
  expect(other.posts.length).toBe(heard);
  expect(lastLadder(bench.page)?.sequence).toBe(3);
  expect([bench.engine.pages, bench.engine.channels]).toEqual([1, 1]);
  bench.page.hear({ type: 'stop' });
  expect([bench.engine.pages, bench.engine.channels]).toEqual([0, 0]);
});

test('a hidden page gets no view while another one does', () => {
  const bench = openLadder();
  const other = bench.attach();
  other.hear({ type: 'watch', key: 'l', topic: LADDER });
  bench.clock.advance(5);
  other.hear({ type: 'visible', visible: false });
  const before = other.updates('l').length;
  for (let sequence = 2; sequence < 20; sequence++) {
    bench.book(sequence, sequence - 1);
    bench.clock.advance(100);
  }
  expect(other.updates('l').length).toBe(before);
  expect(lastLadder(bench.page)?.sequence).toBe(19);
  other.hear({ type: 'visible', visible: true });
  bench.clock.advance(1);
  expect(lastLadder(other)?.sequence).toBe(19);
});

test('every page gets every closed candle; one that comes later begins with the forming one', () => {
  const bench = new EngineBench();
  const pages = [bench.page, bench.attach()];
  for (const page of pages) page.hear({ type: 'watch', key: 'c', topic: CANDLES });
  bench.start();
  bench.open();
  bench.confirm();
  const candle = (minute: number, state: 'forming' | 'closed', sequence: number): DownMessage => ({
    type: 'candle',
    channel: 1,
    openTime: minute * 60_000,
    ...{ open: 1, high: 2, low: 1, close: 2, volume: 3, trades: sequence },
    state,
    sequence,
  });
  bench.say(candle(1, 'forming', 1));
  // The first page takes its candles while the second is hidden.
  pages[1]?.hear({ type: 'visible', visible: false });
  bench.clock.advance(120);
  bench.say(candle(1, 'closed', 2));
  bench.clock.advance(120);
  bench.say(candle(2, 'forming', 3));
  bench.clock.advance(120);
  pages[1]?.hear({ type: 'visible', visible: true });
  bench.clock.advance(1);
  const seen = (page: TestPage | undefined) =>
    page?.candles('c').flatMap(({ updates }) => updates.map(({ sequence }) => sequence));
  expect(seen(pages[0])).toEqual([1, 2, 3]);
  expect(seen(pages[1])).toEqual([2, 3]);
  const late = bench.attach();
  late.hear({ type: 'watch', key: 'c', topic: CANDLES });
  bench.clock.advance(1);
  expect(late.candles('c')).toMatchObject([{ restart: true, updates: [{ sequence: 3 }] }]);
});

test('a replay command is answered to the page that sent it; its state goes to all, also to later ones', () => {
  const bench = new EngineBench();
  const other = bench.attach();
  bench.start({ replayId: 'r1' });
  bench.open('replay');
  for (const page of [bench.page, other])
    page.hear({ type: 'replay', request: 1, command: { type: 'replay', command: 'play' } });
  const ids = bench.sent.flatMap((message) => (message.type === 'replay' ? [message.id] : []));
  const state = { state: 'playing', clock: 5, speed: 4, from: 1, to: 9 } as const;
  bench.say({ type: 'replay-state', ...state, id: ids[1] ?? 0 });
  bench.clock.advance(1);
  const results = (page: TestPage) => page.posted.filter(({ type }) => type === 'replay-result');
  expect([results(bench.page), results(other)]).toEqual([
    [],
    [{ type: 'replay-result', request: 1, error: undefined }],
  ]);
  const told = (page: TestPage) => page.posted.filter(({ type }) => type === 'replay-state');
  expect([told(bench.page).length, told(other).length]).toEqual([1, 1]);
  expect(told(bench.attach())).toMatchObject([{ view: { clock: 5 }, seeked: false }]);
});

/** A feed that confirms what is subscribed and sends books of a few symbols. */
class BookFeed {
  readonly #bench: EngineBench;
  readonly #channels = new Map<number, string>();
  #nextChannel = 1;
  #read = 0;
  /** Newest sequence by channel name. */
  readonly sequences = new Map<string, number>();

  constructor(bench: EngineBench) {
    this.#bench = bench;
  }

  answer(): void {
    const { sent } = this.#bench;
    for (; this.#read < sent.length; this.#read++) {
      const message = sent[this.#read];
      if (message?.type === 'unsubscribe')
        for (const channel of message.channels) this.#channels.delete(channel);
      if (message?.type !== 'subscribe') continue;
      const channels = message.channels.map((name) => {
        const channel = this.#nextChannel++;
        this.#channels.set(channel, name);
        const symbol = name.split(':')[1] ?? '';
        const instrument = { symbol, tickSize: '0.1', lotSize: '0.01' };
        return { name, channel, instrument, resume: 'none' } as const;
      });
      this.#bench.say({ type: 'subscribed', id: message.id, channels });
      for (const { channel, name } of channels) {
        const sequence = this.sequences.get(name) ?? 1;
        this.sequences.set(name, sequence);
        this.#bench.book(sequence, undefined, channel);
      }
    }
  }

  /** One change of every subscribed book. */
  change(): void {
    for (const [channel, name] of this.#channels) {
      const sequence = this.sequences.get(name) ?? 1;
      this.sequences.set(name, sequence + 1);
      this.#bench.book(sequence + 1, sequence, channel);
    }
  }
}

test(`however pages come, go, hide and watch, each ends with the newest books (seed ${SEED})`, () => {
  for (let round = 0; round < 20; round++) {
    const random = new Random(SEED + round);
    const bench = new EngineBench();
    const feed = new BookFeed(bench);
    bench.start();
    bench.open();
    const topics: Topic[] = ['A@sim', 'B@sim', 'C@sim'].flatMap((symbol) =>
      [1, 10].map((groupTicks) => ({ ...LADDER, symbol, groupTicks })),
    );
    type Reader = { page: TestPage; readonly keys: Map<string, Topic>; isVisible: boolean };
    const attach = (page: TestPage): Reader => ({ page, keys: new Map(), isVisible: true });
    const readers: (Reader | undefined)[] = [attach(bench.page), undefined, undefined, undefined];
    const act = (): void => {
      const slot = random.integer(0, readers.length - 1);
      const reader = readers[slot];
      const topic = random.pick(topics);
      const key = topicKey(topic);
      const what = random.next();
      if (reader === undefined) readers[slot] = attach(bench.attach());
      else if (what < 0.1) {
        reader.page.hear({ type: 'stop' });
        readers[slot] = undefined;
      } else if (what < 0.5) {
        reader.keys.set(key, topic);
        reader.page.hear({ type: 'watch', key, topic });
      } else if (what < 0.7) {
        reader.keys.delete(key);
        reader.page.hear({ type: 'unwatch', key });
      } else {
        reader.isVisible = !reader.isVisible;
        reader.page.hear({ type: 'visible', visible: reader.isVisible });
      }
    };
    for (let step = 0; step < 200; step++) {
      act();
      feed.answer();
      if (random.chance(0.7)) feed.change();
      bench.clock.advance(random.integer(0, 60));
    }
    for (const reader of readers) reader?.page.hear({ type: 'visible', visible: true });
    bench.clock.advance(200);
    const watched = new Set<string>();
    for (const reader of readers) {
      for (const [key, topic] of reader?.keys ?? []) {
        const name = definitionOf(topic).channel(topic);
        watched.add(name);
        const last = reader && lastLadder(reader.page, key);
        const wanted = feed.sequences.get(name);
        expect(last?.sequence, `round ${round}, ${key}`).toBe(wanted);
        expect(last?.bestBid).toEqual([100, wanted]);
      }
    }
    expect(bench.engine.channels).toBe(watched.size);
    for (const reader of readers) reader?.page.hear({ type: 'stop' });
    expect([bench.engine.pages, bench.engine.channels]).toEqual([0, 0]);
    expect(bench.dialled).toHaveLength(1);
  }
});
