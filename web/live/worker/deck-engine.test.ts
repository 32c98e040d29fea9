import { expect, test } from 'vitest';

import type { DownMessage } from '@tapedeck/market/wire/down';

import type { LadderView, TapeView } from '../model/view-model.ts';
import { EngineBench, LADDER, openLadder } from './test-engine-bench.ts';

test('a ladder is updated at its own rate whatever the rate of deltas', () => {
  const bench = openLadder();
  const before = bench.updates('l').length;
  for (let i = 1; i <= 1_000; i++) {
    bench.clock.advance(1);
    bench.book(i + 1, i);
  }
  bench.clock.advance(100);
  const made = bench.updates('l').length - before;
  expect(made).toBeGreaterThanOrEqual(9);
  expect(made).toBeLessThanOrEqual(13);
  const last = bench.updates('l').at(-1)?.value as LadderView;
  expect(last).toMatchObject({ sequence: 1_001, spreadTicks: 3, bestBid: [100, 1_001] });
});

test('a gap is reported at once, and the last true ladder stays', () => {
  const bench = openLadder();
  bench.book(9, 7);
  bench.clock.advance(1);
  const last = bench.updates('l').at(-1);
  expect(last?.health).toMatchObject({ phase: 'resyncing', from: 1, to: 7 });
  expect(last?.value).toBeUndefined();
});

test('hidden: books are kept and no view is made; visible again: one fresh view', () => {
  const bench = openLadder();
  bench.page.hear({ type: 'visible', visible: false });
  const before = bench.updates('l').length;
  for (let i = 1; i <= 500; i++) {
    bench.clock.advance(10);
    bench.book(i + 1, i);
  }
  expect(bench.updates('l').length).toBe(before);
  bench.page.hear({ type: 'visible', visible: true });
  bench.clock.advance(1);
  expect(bench.updates('l').length).toBe(before + 1);
  expect(bench.updates('l').at(-1)?.value).toMatchObject({ sequence: 501 });
});

test('two panels with one topic each share a channel, which is unsubscribed with the last', () => {
  const bench = new EngineBench();
  bench.page.hear({ type: 'watch', key: 'a', topic: LADDER });
  bench.page.hear({ type: 'watch', key: 'b', topic: { ...LADDER, rows: 20 } });
  bench.start();
  bench.open();
  expect(bench.confirm()).toEqual(['book:BTC-USD@sim:25:100ms']);
  bench.page.hear({ type: 'unwatch', key: 'a' });
  bench.clock.advance(50);
  expect(bench.sent.some(({ type }) => type === 'unsubscribe')).toBe(false);
  bench.page.hear({ type: 'unwatch', key: 'b' });
  bench.clock.advance(50);
  expect(bench.sent.findLast(({ type }) => type === 'unsubscribe')).toMatchObject({
    channels: [1],
  });
});

test('the tape is bounded and counts the trades it misses', () => {
  const bench = new EngineBench();
  bench.page.hear({ type: 'watch', key: 't', topic: { kind: 'tape', symbol: 'BTC-USD@sim' } });
  bench.start();
  bench.open();
  bench.confirm();
  const trades = (previous: number, count: number, epoch?: string): DownMessage => ({
    type: 'trades',
    channel: 1,
    previous,
    sequence: previous + count,
    sendTime: bench.clock.now(),
    trades: Array.from({ length: count }, (_, i) => [
      previous + i + 1,
      bench.clock.now(),
      100,
      2,
      'sell',
    ]),
    ...(epoch === undefined ? {} : { epoch }),
  });
  bench.say(trades(0, 100, 'e1'));
  for (let i = 0; i < 60; i++) {
    bench.clock.advance(100);
    bench.say(trades(100 * (i + 1), 100));
  }
  bench.say(trades(6_110, 1));
  bench.clock.advance(100);
  const view = bench.updates('t').at(-1)?.value as TapeView;
  expect(view.rows.length).toBe(500);
  expect(view.rows[0]?.sequence).toBe(6_111);
  expect([view.notShown, view.soldLots, view.boughtLots]).toEqual([10, 1_000, 0]);
});

test('P13c: in other steps the tape starts over and keeps the trades in the old ones', () => {
  const bench = new EngineBench();
  bench.page.hear({ type: 'watch', key: 't', topic: { kind: 'tape', symbol: 'BTC-USD@sim' } });
  bench.start();
  bench.open();
  bench.confirm();
  const trades = (epoch: string, price: number, count: number): DownMessage => ({
    type: 'trades',
    channel: 1,
    epoch,
    previous: 0,
    sequence: count,
    sendTime: bench.clock.now(),
    trades: Array.from({ length: count }, (_, i) => [
      i + 1,
      bench.clock.now(),
      price + i,
      2,
      'buy',
    ]),
  });
  const shown = () =>
    bench.updates('t').findLast(({ value }) => value !== undefined)?.value as TapeView;
  bench.say(trades('e1', 1_000, 3));
  bench.clock.advance(100);
  const grid = { symbol: 'BTC-USD@sim', tickSize: '0.5', lotSize: '0.01' };
  bench.say(
    { type: 'reset', channel: 1, reason: 'tick-size', instrument: grid },
    trades('e2', 200, 1),
  );
  bench.clock.advance(100);
  expect(shown().rows.map(({ priceTicks }) => priceTicks)).toEqual([200]);
  expect(shown().instrument.tickSize).toBe('0.5');
  expect(shown().before?.instrument.tickSize).toBe('0.1');
  expect(shown().before?.rows.map(({ priceTicks }) => priceTicks)).toEqual([1_002, 1_001, 1_000]);
  // A new epoch with the same steps is another tape: earlier trades are in the history.
  bench.say({ type: 'reset', channel: 1, reason: 'restart' }, trades('e3', 300, 2));
  bench.clock.advance(100);
  expect(shown().rows.map(({ priceTicks }) => priceTicks)).toEqual([301, 300]);
  expect(shown().before).toBe(undefined);
});

test('a broken socket is reported to the page in the same turn', () => {
  const bench = openLadder();
  bench.newest.events.failed('the link broke');
  expect(bench.posted.at(-1)).toMatchObject({ type: 'link', link: { state: 'waiting' } });
});

test('the direct address is tried first, the own one after 1.5 s, and the first to open wins', () => {
  const bench = new EngineBench();
  bench.start({ token: 's3' });
  expect(bench.dialled.map(({ url }) => url)).toEqual(['ws://feed:8080/v1/stream?token=s3']);
  bench.clock.advance(1_500);
  expect(bench.newest.url).toBe('ws://web:3000/v1/stream?token=s3');
  bench.open();
  expect(bench.dialled[0]?.isDropped).toBe(true);
  const link = bench.posted.findLast((message) => message.type === 'link');
  expect(link).toMatchObject({ link: { state: 'open', via: 'same-origin' } });
});

test('a refused direct address leads to the own one at once', () => {
  const bench = new EngineBench();
  bench.start();
  bench.newest.events.failed('refused');
  expect(bench.newest.url).toBe('ws://web:3000/v1/stream');
  bench.newest.events.failed('refused');
  expect(bench.links().at(-1)).toBe('waiting');
});

test('a feed that answers requests again is dialled within a second, however long the backoff', async () => {
  const bench = new EngineBench();
  bench.start();
  for (let i = 0; i < 40; i++) {
    if (!bench.newest.isDropped) bench.newest.events.failed('refused');
    bench.clock.advance(1_000);
  }
  bench.isReachable = true;
  const before = bench.dialled.length;
  for (let i = 0; i < 21; i++) {
    bench.clock.advance(100);
    for (let turn = 0; turn < 8; turn++) await Promise.resolve();
  }
  expect(bench.dialled.length).toBeGreaterThan(before);
});

test('P32c: if sockets are blocked, the fallback is loaded when needed, and the page shows the transport', async () => {
  const bench = new EngineBench();
  bench.isReachable = true;
  bench.start({ token: 's3' });
  let refused = 0;
  for (let i = 0; i < 200 && bench.loads === 0; i++) {
    if (bench.newest.url.startsWith('ws') && bench.dialled.length > refused) {
      refused = bench.dialled.length;
      bench.newest.events.failed('refused');
    }
    await bench.pass(50);
  }
  await bench.pass(50);
  expect(bench.newest.url).toBe('http://feed:8080/v1/stream/sse?token=s3');
  expect(bench.loads).toBe(1);
  bench.open();
  const link = bench.posted.findLast((message) => message.type === 'link');
  expect(link).toMatchObject({ link: { state: 'open', transport: 'sse' } });
  await bench.pass(1_000);
  const figures = bench.posted.findLast((message) => message.type === 'figures');
  expect(figures).toMatchObject({ figures: { transport: 'sse' } });
  // Three streams that end at once: a proxy that buffers them.
  for (let i = 0; i < 3; i++) {
    bench.newest.events.failed('the stream ended');
    const before = bench.dialled.length;
    while (bench.dialled.length === before) await bench.pass(50);
    if (i < 2) bench.open();
  }
  expect(bench.newest.url).toBe('http://feed:8080?token=s3');
});

test('P25: a live stream is never taken for a replay', () => {
  const bench = new EngineBench();
  bench.page.hear({ type: 'watch', key: 'l', topic: LADDER });
  bench.start({ replayId: 'r1' });
  expect(bench.newest.url).toBe('ws://feed:8080/v1/stream?replay=r1');
  bench.open('live');
  expect(bench.posted.findLast(({ type }) => type === 'link')).toMatchObject({
    link: { state: 'closed', reason: expect.stringContaining('live') },
  });
  expect(bench.sent.filter(({ type }) => type === 'subscribe')).toEqual([]);
});

test('replay commands are settled by id: by replay-state, by an error, or by a cut', () => {
  const bench = new EngineBench();
  bench.start({ replayId: 'r1' });
  bench.open('replay');
  for (const [request, command] of [
    [1, 'play'],
    [2, 'pause'],
    [3, 'play'],
  ] as const)
    bench.page.hear({ type: 'replay', request, command: { type: 'replay', command } });
  const ids = bench.sent.flatMap((message) => (message.type === 'replay' ? [message.id] : []));
  const state = {
    type: 'replay-state',
    state: 'playing',
    clock: 5,
    speed: 4,
    from: 1,
    to: 9,
  } as const;
  bench.say({ ...state, ...(ids[0] === undefined ? {} : { id: ids[0] }) });
  bench.say({ type: 'error', id: ids[1], code: 130, message: 'not now', temporary: false });
  bench.newest.events.failed('broken');
  bench.clock.advance(0);
  const results = bench.posted.filter((message) => message.type === 'replay-result');
  expect(results.map(({ request, error }) => [request, error])).toEqual([
    [1, undefined],
    [2, 'not now'],
    [3, 'the link was cut'],
  ]);
});

test('P28: the clock of a seek and the ladder of that moment are one message, and then the seek resolves', () => {
  const bench = new EngineBench();
  bench.page.hear({ type: 'watch', key: 'l', topic: LADDER });
  bench.start({ replayId: 'r1' });
  bench.open('replay');
  bench.confirm();
  bench.book(1);
  bench.clock.advance(30);
  bench.posts.length = 0;
  const seek = { type: 'replay', command: 'seek', to: 5 } as const;
  bench.page.hear({ type: 'replay', request: 1, command: seek });
  const asked = bench.sent.findLast((message) => message.type === 'replay');
  const instrument = { symbol: 'BTC-USD@sim', tickSize: '0.1', lotSize: '0.01' };
  bench.say({ type: 'reset', channel: 1, reason: 'seek', instrument });
  bench.book(7);
  const state = { state: 'paused', clock: 5, speed: 1, from: 1, to: 9, seeked: true } as const;
  bench.say({ type: 'replay-state', id: asked?.id ?? 0, ...state });
  expect(bench.posts).toEqual([]);
  bench.clock.advance(1);
  expect(bench.posts).toMatchObject([
    {
      type: 'together',
      messages: [
        { type: 'replay-state', view: { clock: 5 }, seeked: true },
        { type: 'replay-result', request: 1, error: undefined },
        { type: 'batch', topics: [{ key: 'l', value: { sequence: 7 } }] },
      ],
    },
  ]);
});

test('P28: the books of a seek wait for its clock, though not forever', () => {
  const bench = new EngineBench();
  bench.page.hear({ type: 'watch', key: 'l', topic: LADDER });
  bench.start({ replayId: 'r1' });
  bench.open('replay');
  bench.confirm();
  bench.book(1);
  bench.clock.advance(30);
  bench.posts.length = 0;
  const instrument = { symbol: 'BTC-USD@sim', tickSize: '0.1', lotSize: '0.01' };
  const seekTo = (sequence: number): void => {
    bench.say({ type: 'reset', channel: 1, reason: 'seek', instrument });
    bench.book(sequence);
  };
  // A beat falls between the book and the clock.
  seekTo(7);
  bench.clock.advance(120);
  expect(bench.updates('l').filter(({ value }) => value !== undefined)).toHaveLength(1);
  const state = { state: 'paused', clock: 5, speed: 1, from: 1, to: 9, seeked: true } as const;
  bench.say({ type: 'replay-state', ...state });
  bench.clock.advance(1);
  expect(bench.posts).toMatchObject([
    {
      type: 'together',
      messages: [
        { type: 'replay-state', view: { clock: 5 } },
        { type: 'batch', topics: [{ key: 'l', value: { sequence: 7 } }] },
      ],
    },
  ]);
  seekTo(8);
  bench.clock.advance(300);
  expect(bench.updates('l').at(-1)).toMatchObject({ value: { sequence: 8 } });
});

test('P23: a page that follows nothing is idle, not cut off; its first topic reopens the link', () => {
  const bench = new EngineBench();
  bench.start();
  bench.open();
  bench.newest.events.closed(4502, 'no subscribe within 10000 ms');
  expect(bench.links().at(-1)).toBe('idle');
  bench.clock.advance(60_000);
  expect(bench.dialled).toHaveLength(1);

  bench.page.hear({ type: 'watch', key: 'l', topic: LADDER });
  expect(bench.dialled).toHaveLength(2);
  expect(bench.links().at(-1)).toBe('connecting');
  bench.open();
  expect(bench.links().at(-1)).toBe('open');
  expect(bench.confirm()).toEqual(['book:BTC-USD@sim:25:100ms']);
});

test('P23: a topic added while the feed closes the idle link is subscribed on a new one', () => {
  const bench = new EngineBench();
  bench.start();
  bench.open();
  bench.page.hear({ type: 'watch', key: 'l', topic: LADDER });
  bench.newest.events.closed(4502, 'no subscribe within 10000 ms');
  expect(bench.links().at(-1)).toBe('connecting');
  expect(bench.dialled).toHaveLength(2);
});

test.each([-600_000, 3_600_000, -7_200_000])(
  'H7: a wall clock that steps by %i ms stops no panel: views, figures and ages continue',
  async (step) => {
    const bench = openLadder();
    let sequence = 1;
    const run = async (seconds: number): Promise<void> => {
      for (let i = 0; i < seconds * 10; i++) {
        await bench.pass(100);
        bench.book(++sequence, sequence - 1);
      }
    };
    await run(3);
    const [views, dials] = [bench.updates('l').length, bench.dialled.length];
    const figures = (): number => bench.posted.filter(({ type }) => type === 'figures').length;
    const told = figures();
    bench.clock.stepWall(step);
    await run(5);
    expect(bench.updates('l').length - views).toBeGreaterThanOrEqual(45);
    expect(figures() - told).toBe(5);
    expect(bench.dialled.length).toBe(dials);
    const health = bench.updates('l').at(-1)?.health;
    expect(bench.clock.monotonic() - (health?.arrivedAt ?? 0)).toBeLessThan(200);
    expect(health?.typicalMs).toBe(100);
    expect(health?.p99Ms).toBeLessThan(200);
  },
);

test('P28c: after a seek into a gap, or opened there, the page gets the last book before it as stale, with its own time', async () => {
  const bench = new EngineBench();
  bench.start({ replayId: 'r' });
  const topic = {
    kind: 'ladder',
    symbol: 'BTC-USD@sim',
    groupTicks: 1,
    rows: 25,
    rateHz: 10,
  } as const;
  bench.page.hear({ type: 'watch', key: 'ladder', topic });
  await bench.pass(100);
  bench.open('replay');
  await bench.pass(100);
  bench.confirm();
  const newest = () => {
    const updates = bench.posted.flatMap((each) => (each.type === 'batch' ? each.topics : []));
    const value = updates.findLast((each) => each.value !== undefined)?.value;
    return { view: value as LadderView | undefined, health: updates.at(-1)?.health };
  };
  const hole = (sequence: number, since: number): void => {
    bench.book(sequence);
    bench.say({ type: 'channel-state', channel: 1, state: 'stale', reason: 'upstream-gap', since });
  };
  // Opened by a link into the gap: there is no earlier value.
  hole(7, 1_000);
  await bench.pass(200);
  expect(newest().view?.bids[0]?.sizeLots).toBe(7);
  expect(newest().health).toMatchObject({
    phase: 'stale',
    detail: 'upstream-gap',
    statedSince: 1_000,
  });
  // After a seek from a later moment: its book is gone.
  bench.book(99);
  await bench.pass(200);
  expect(newest().health).toMatchObject({ phase: 'ok' });
  bench.say({ type: 'reset', channel: 1, reason: 'seek' });
  hole(8, 2_000);
  const sought = { state: 'paused', clock: 2_500, speed: 1, from: 1, to: 9_000 } as const;
  bench.say({ type: 'replay-state', ...sought, seeked: true });
  await bench.pass(200);
  expect(newest().view?.bids[0]?.sizeLots).toBe(8);
  expect(newest().health).toMatchObject({ phase: 'stale', statedSince: 2_000 });
});
