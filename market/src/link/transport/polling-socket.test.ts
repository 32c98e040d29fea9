import { expect, test } from 'vitest';

import { bookChecksum } from '../../book/checksum.ts';
import { ManualClock } from '../../time/clock.ts';
import { decodeDown } from '../../wire/codec/codec.ts';
import type { DownMessage } from '../../wire/down.ts';
import type { UpInput } from '../../wire/up.ts';
import type { HttpAnswer, HttpPort, HttpRequest } from './http-port.ts';
import { openPolling, POLL_MS } from './polling-socket.ts';

const BOOK = 'book:BTC-USD@sim:10:100ms';
const TRADES = 'trades:BTC-USD@sim';

type Answer = {
  readonly status?: number;
  readonly body?: unknown;
  readonly time?: number;
  readonly monotonic?: number;
  readonly heard?: string;
};

/** A feed whose responses the test sets, by path. */
class Feed implements HttpPort {
  readonly clock = new ManualClock();
  readonly asked: string[] = [];
  readonly told: string[] = [];
  messages: DownMessage[] = [];
  health = { status: 'ok', now: 5, epoch: 'e1', build: 'b' };
  isReachable = true;
  /** Its responses have no `Feed-Monotonic`. */
  isOld = false;
  readonly grids = ['BTC', ...Array.from({ length: 126 }, (_, i) => `S${i + 1}`)].map((name) => ({
    ...{ symbol: `${name}-USD@sim`, tickSize: '0.1', lotSize: '0.01' },
  }));
  answers: Record<string, Answer> = {};
  readonly socket = openPolling(
    { http: this, clock: this.clock, url: 'http://feed:8080?token=t' },
    {
      opened: () => void this.told.push('opened'),
      // Every message must match the protocol.
      frame: (frame) => void this.messages.push(...decodeDown(String(frame))),
      closed: (code, reason) => void this.told.push(`closed ${code} ${reason}`),
      failed: (reason) => void this.told.push(`failed ${reason}`),
    },
  );

  static async open(): Promise<Feed> {
    const feed = new Feed();
    await feed.settle();
    feed.messages = [];
    return feed;
  }

  stream(): { drop(): void } {
    throw new Error('polling opens no stream');
  }

  request(url: string, { headers = {} }: HttpRequest = {}): Promise<HttpAnswer> {
    const path = url.replace('http://feed:8080', '').replace(/[?&]token=t$/, '');
    this.asked.push(path);
    if (!this.isReachable) return Promise.reject(new Error('down'));
    const [name = ''] = path.split('?');
    const fixed: Record<string, Answer> = {
      '/healthz': { body: this.health },
      '/v1/instruments': { body: { instruments: this.grids } },
    };
    const given = this.answers[name] ?? fixed[name] ?? { status: 404, body: {} };
    const { status = 200, body, time = this.clock.now(), heard = '' } = given;
    const { monotonic = this.clock.monotonic() } = given;
    const isKnown = headers['If-None-Match'] === JSON.stringify(body);
    const known: Readonly<Record<string, string>> = {
      ETag: JSON.stringify(body),
      'Feed-Time': String(time),
      ...(this.isOld ? {} : { 'Feed-Monotonic': String(monotonic) }),
      'Feed-Heard': heard,
    };
    return Promise.resolve({
      status: isKnown ? 304 : status,
      body: isKnown ? '' : typeof body === 'string' ? body : JSON.stringify(body),
      header: (each) => known[each] ?? null,
    });
  }

  async say(message: UpInput): Promise<readonly DownMessage[]> {
    this.messages = [];
    this.socket.send(JSON.stringify(message));
    await this.settle();
    return this.messages;
  }

  /** The next round of polls. */
  async next(): Promise<readonly DownMessage[]> {
    this.messages = [];
    this.clock.advance(POLL_MS);
    await this.settle();
    return this.messages;
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 30; turn++) await Promise.resolve();
  }
}

function book(sequence: number, state = 'ok'): Answer {
  const bids = [[100, sequence]] as const;
  const asks = [[101, 5]] as const;
  const more = state === 'ok' ? {} : { reason: 'upstream-silent', since: 7 };
  return {
    body: {
      symbol: 'BTC-USD@sim',
      epoch: 'e1',
      sequence,
      eventTime: 9,
      bids,
      asks,
      checksum: bookChecksum(asks, bids),
      state,
      ...more,
    },
  };
}

function trades(sequence: number, list: readonly number[], more: object = {}): Answer {
  const rows = list.map((each) => [each, 9, 100, 1, 'buy']);
  return { body: { symbol: 'BTC-USD@sim', trades: rows, epoch: 'e1', sequence, ...more } };
}

const typesOf = (messages: readonly DownMessage[]): string[] => messages.map(({ type }) => type);

test('P32c: it opens with a hello that identifies the feed, and sends the token with every request', async () => {
  const feed = new Feed();
  await feed.settle();
  expect(feed.told).toEqual(['opened']);
  expect(feed.messages).toMatchObject([{ type: 'hello', epoch: 'e1', build: 'b', mode: 'live' }]);
});

test('P13: subscribed names the grid of the first response, and a reset precedes a response in another grid', async () => {
  const feed = await Feed.open();
  const inGrid = (answer: Answer, tickSize: string): Answer => ({
    body: {
      ...(answer.body as object),
      instrument: { symbol: 'BTC-USD@sim', tickSize, lotSize: '0.01' },
    },
  });
  const ticker = (tickSize: string): Answer => {
    const value = { last: 7, bid: 6, ask: 8, open24h: 7, volume24h: 1, eventTime: 9, sequence: 3 };
    const symbol = 'BTC-USD@sim';
    const { body } = inGrid({ body: { symbol, epoch: 'e1', state: 'ok', ...value } }, tickSize);
    return { body: { tickers: [body] } };
  };
  feed.answers = {
    '/v1/book': inGrid(book(10), '1'),
    '/v1/trades': inGrid(trades(3, [3]), '1'),
    '/v1/tickers': ticker('1'),
  };
  const channels = [BOOK, TRADES, 'ticker:BTC-USD@sim'];
  const first = await feed.say({ type: 'subscribe', id: 1, channels });
  const named = first.flatMap((each) => (each.type === 'subscribed' ? each.channels : []));
  expect(named.map(({ instrument }) => instrument.tickSize)).toEqual(['1', '1', '1']);
  expect(typesOf(first)).not.toContain('reset');
  feed.answers = {
    '/v1/book': inGrid(book(11), '0.1'),
    '/v1/trades': inGrid(trades(4, [4]), '0.1'),
    '/v1/tickers': ticker('0.1'),
  };
  const then = await feed.next();
  for (const [channel, type] of [
    [1, 'book-snapshot'],
    [2, 'trades'],
    [3, 'ticker'],
  ] as const) {
    const own = then.filter((each) => 'channel' in each && each.channel === channel);
    expect(own.slice(0, 2)).toMatchObject([
      { type: 'reset', reason: 'tick-size', instrument: { tickSize: '0.1' } },
      { type },
    ]);
  }
  expect(typesOf(await feed.next())).not.toContain('reset');
});

test('P32: a body is a snapshot, a 304 is a heartbeat that proves it', async () => {
  const feed = await Feed.open();
  feed.answers['/v1/book'] = book(10);
  const first = await feed.say({ type: 'subscribe', id: 1, channels: [BOOK] });
  expect(typesOf(first)).toEqual(['subscribed', 'book-snapshot']);
  expect(first[1]).toMatchObject({ sequence: 10, sendTime: feed.clock.now() });
  expect(await feed.next()).toEqual([
    { type: 'heartbeat', now: feed.clock.now(), last: { 1: 10 }, heard: {} },
  ]);
  // P20b: with the source's last sign of life.
  feed.answers['/v1/book'] = { ...book(10), heard: '120' };
  expect(await feed.next()).toMatchObject([{ type: 'heartbeat', heard: { 1: 120 } }]);
  feed.answers['/v1/book'] = book(11, 'stale');
  expect(await feed.next()).toMatchObject([
    { type: 'book-snapshot', sequence: 11 },
    { type: 'channel-state', state: 'stale', reason: 'upstream-silent', since: 7 },
  ]);
});

test('P15: a polled crossed book is flagged once, and unflagged when it is over', async () => {
  const feed = await Feed.open();
  const crossed = (sequence: number, state: string): Answer => ({
    body: { ...(book(sequence, state).body as object), reason: 'crossed', since: 6 },
  });
  feed.answers['/v1/book'] = crossed(10, 'ok');
  const first = await feed.say({ type: 'subscribe', id: 1, channels: [BOOK] });
  expect(first.slice(1)).toMatchObject([
    { type: 'book-snapshot', sequence: 10 },
    { type: 'channel-state', state: 'ok', reason: 'crossed', since: 6 },
  ]);
  feed.answers['/v1/book'] = crossed(11, 'ok');
  expect(typesOf(await feed.next())).toEqual(['book-snapshot']);
  feed.answers['/v1/book'] = crossed(11, 'halted');
  expect(await feed.next()).toMatchObject([
    { type: 'book-snapshot' },
    { type: 'channel-state', state: 'halted', reason: 'crossed' },
  ]);
  feed.answers['/v1/book'] = book(12);
  expect(await feed.next()).toMatchObject([
    { type: 'book-snapshot' },
    { type: 'channel-state', state: 'ok', reason: 'requested' },
  ]);
  expect(typesOf(await feed.next())).toEqual(['heartbeat']);
});

test.each([true, false])(
  'P32: a response from a cache is dropped (feed without monotonic time: %s)',
  async (isOld) => {
    const feed = await Feed.open();
    feed.isOld = isOld;
    feed.answers['/v1/book'] = book(10);
    await feed.say({ type: 'subscribe', id: 1, channels: [BOOK] });
    const [time, monotonic] = [feed.clock.now(), feed.clock.monotonic()];
    feed.answers['/v1/book'] = { ...book(9), time, monotonic };
    expect(await feed.next()).toEqual([]);
    feed.answers['/v1/book'] = { ...book(10), time, monotonic };
    expect(await feed.next()).toEqual([]);
    feed.answers['/v1/book'] = book(12);
    expect(await feed.next()).toMatchObject([{ sequence: 12 }]);
  },
);

test.each([-600_000, 3_600_000])(
  "P32, H7: polling continues when the feed's clock steps by %i ms, and still detects a cache",
  async (step) => {
    const feed = await Feed.open();
    const value = { last: 7, bid: 6, ask: 8, open24h: 7, volume24h: 1, eventTime: 9, sequence: 3 };
    const ticker = { symbol: 'BTC-USD@sim', epoch: 'e1', state: 'ok', ...value };
    feed.answers = { '/v1/book': book(10), '/v1/tickers': { body: { tickers: [ticker] } } };
    await feed.say({ type: 'subscribe', id: 1, channels: [BOOK, 'ticker:BTC-USD@sim'] });
    const cached = { ...book(10), time: feed.clock.now(), monotonic: feed.clock.monotonic() };
    feed.clock.stepWall(step);
    expect(typesOf(await feed.next())).toEqual(['heartbeat', 'heartbeat']);
    feed.answers['/v1/book'] = book(11);
    expect(await feed.next()).toMatchObject([
      { type: 'book-snapshot', sequence: 11, sendTime: feed.clock.now() },
      { type: 'heartbeat' },
    ]);
    feed.answers['/v1/book'] = cached;
    expect(typesOf(await feed.next())).toEqual(['heartbeat']);
  },
);

test('P17, P32a: trades continue from the position of the link, and lost ones are counted', async () => {
  const feed = await Feed.open();
  feed.answers['/v1/trades'] = trades(9, [7, 8, 9], { resume: 'partial', lost: 2 });
  const first = await feed.say({
    type: 'subscribe',
    id: 1,
    channels: [TRADES],
    since: { [TRADES]: { epoch: 'e1', sequence: 4 } },
  });
  expect(feed.asked.at(-1)).toContain('since=e1%3A4');
  expect(first).toMatchObject([
    { type: 'subscribed', channels: [{ resume: 'partial', lost: 2 }] },
    { type: 'trades', epoch: 'e1', previous: 6, sequence: 9 },
  ]);
  feed.answers['/v1/trades'] = trades(9, [], { resume: 'full' });
  expect(typesOf(await feed.next())).toEqual(['heartbeat']);
  feed.answers['/v1/trades'] = trades(10, [10], { resume: 'full' });
  expect(await feed.next()).toMatchObject([{ type: 'trades', previous: 9, sequence: 10 }]);
  expect(feed.asked.at(-1)).toContain('since=e1%3A9');
});

test('P32: a market that goes silent, and its return, are declared on the trades channel too', async () => {
  const feed = await Feed.open();
  const full = { resume: 'full' };
  feed.answers['/v1/trades'] = trades(9, [9], { state: 'ok' });
  await feed.say({ type: 'subscribe', id: 1, channels: [TRADES] });
  const silent = { ...full, state: 'stale', reason: 'upstream-silent', since: 7 };
  feed.answers['/v1/trades'] = trades(9, [], silent);
  expect(await feed.next()).toMatchObject([
    { type: 'heartbeat' },
    { type: 'channel-state', state: 'stale', reason: 'upstream-silent', since: 7 },
  ]);
  expect(typesOf(await feed.next())).toEqual(['heartbeat']);
  feed.answers['/v1/trades'] = trades(10, [10], { ...full, state: 'ok' });
  expect(await feed.next()).toMatchObject([{ type: 'trades' }, { state: 'ok' }]);
  // A resync is answered even if nothing changed.
  feed.clock.advance(100);
  const again = await feed.say({ type: 'resync', id: 2, channels: [1] });
  expect(again).toMatchObject([{ type: 'trades' }, { type: 'channel-state', state: 'ok' }]);
});

test('P17b: a resync of trades gives a first value with its epoch', async () => {
  const feed = await Feed.open();
  feed.answers['/v1/trades'] = trades(9, [8, 9]);
  await feed.say({ type: 'subscribe', id: 1, channels: [TRADES] });
  feed.clock.advance(100);
  expect(await feed.say({ type: 'resync', id: 2, channels: [1] })).toMatchObject([
    { type: 'trades', epoch: 'e1', previous: 7, sequence: 9 },
    { type: 'channel-state', state: 'ok' },
  ]);
  expect(feed.asked.at(-1)).not.toContain('since');
});

test('a full page of trades is followed by the next at once', async () => {
  const feed = await Feed.open();
  feed.answers['/v1/trades'] = trades(9, [9]);
  await feed.say({ type: 'subscribe', id: 1, channels: [TRADES] });
  const page = Array.from({ length: 2_000 }, (_, i) => 10 + i);
  feed.answers['/v1/trades'] = trades(2_009, page, { resume: 'full' });
  const before = feed.asked.length;
  await feed.next();
  expect(feed.asked.length - before).toBeGreaterThanOrEqual(2);
  expect(feed.asked.at(-1)).toContain('since=e1%3A2009');
});

test('a book that is no longer there is reset, and can return', async () => {
  const feed = await Feed.open();
  feed.answers['/v1/book'] = book(10);
  await feed.say({ type: 'subscribe', id: 1, channels: [BOOK] });
  const error = { code: 120, message: 'not ready', temporary: true };
  feed.answers['/v1/book'] = { status: 503, body: { error } };
  expect(await feed.next()).toMatchObject([{ type: 'reset', reason: 'upstream-reset' }]);
  expect(await feed.next()).toEqual([]);
  feed.answers['/v1/book'] = book(3);
  expect(await feed.next()).toMatchObject([{ type: 'book-snapshot', sequence: 3 }]);
});

test('an unknown symbol is an error, and is not polled', async () => {
  const feed = await Feed.open();
  const before = feed.asked.length;
  expect(await feed.say({ type: 'subscribe', id: 4, channels: ['trades:NO@sim'] })).toMatchObject([
    { type: 'error', id: 4, code: 102, message: 'unknown symbol NO@sim' },
  ]);
  expect(feed.asked.length).toBe(before);
});

test('P32b: tickers are one request, which lists the symbols while the list is short', async () => {
  const feed = await Feed.open();
  const tickers = feed.grids.map(({ symbol }) => ({
    ...{ symbol, epoch: 'e1', state: 'ok', last: 5, bid: 4, ask: 6, open24h: 5, volume24h: 7 },
    ...{ eventTime: 9, sequence: 3 },
  }));
  feed.answers['/v1/tickers'] = { body: { tickers } };
  const names = feed.grids.map(({ symbol }) => `ticker:${symbol}`);
  const first = await feed.say({ type: 'subscribe', id: 1, channels: names.slice(0, 2) });
  expect(typesOf(first)).toEqual(['subscribed', 'ticker', 'subscribed', 'ticker']);
  expect(feed.asked.at(-1)).toBe('/v1/tickers?symbols=BTC-USD%40sim%2CS1-USD%40sim');
  expect(typesOf(await feed.next())).toEqual(['heartbeat', 'heartbeat']);
  feed.clock.advance(100);
  const all = await feed.say({ type: 'subscribe', id: 2, channels: names });
  expect(feed.asked.at(-1)).toBe('/v1/tickers');
  expect(all.filter(({ type }) => type === 'subscribed')).toHaveLength(names.length - 2);
});

test('a resync gives the whole book again, an unsubscribe ends the polling', async () => {
  const feed = await Feed.open();
  feed.answers['/v1/book'] = book(10);
  await feed.say({ type: 'subscribe', id: 1, channels: [BOOK] });
  feed.clock.advance(100);
  expect(await feed.say({ type: 'resync', id: 2, channels: [1] })).toMatchObject([
    { type: 'book-snapshot', sequence: 10 },
  ]);
  expect(await feed.say({ type: 'unsubscribe', id: 3, channels: [1] })).toMatchObject([
    { type: 'unsubscribed', id: 3, channels: [1] },
  ]);
  const before = feed.asked.length;
  await feed.next();
  expect(feed.asked.length).toBe(before);
});

test('a ping is a round trip, and detects a restart of the feed', async () => {
  const feed = await Feed.open();
  expect(await feed.say({ type: 'ping', id: 8 })).toEqual([{ type: 'pong', id: 8, now: 5 }]);
  feed.health = { ...feed.health, epoch: 'e2' };
  await feed.say({ type: 'ping', id: 9 });
  expect(feed.told.at(-1)).toBe('failed the feed has restarted');
});

test.each<[string, (feed: Feed) => void, string]>([
  ['is away', (feed) => void (feed.isReachable = false), 'failed the feed cannot be reached'],
  [
    'answers nonsense',
    (feed) => void (feed.answers['/v1/book'] = { body: '{"half' }),
    'failed an answer was unreadable: SyntaxError',
  ],
  [
    'wants a token',
    (feed) =>
      void (feed.answers['/v1/book'] = {
        status: 401,
        body: { error: { code: 101, message: 'token' } },
      }),
    'closed 4500 token',
  ],
])('a feed that %s ends the socket and its polling', async (_, spoil, told) => {
  const feed = await Feed.open();
  feed.answers['/v1/book'] = book(10);
  await feed.say({ type: 'subscribe', id: 1, channels: [BOOK] });
  spoil(feed);
  await feed.next();
  expect(feed.told.at(-1)).toContain(told);
  const before = feed.asked.length;
  await feed.next();
  expect(feed.asked.length).toBe(before);
});
