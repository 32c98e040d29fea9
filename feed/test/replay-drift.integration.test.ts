/* P29a: a replay faster than the machine allows falls behind its speed, and `/metrics` of a real feed shows it. */
import { setTimeout as pause } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { TestClient } from './stream/test-client.ts';
import { TestFeed } from './test-feed.ts';

test(
  'P29a: the drift of a replay is visible while it plays, and ends with it',
  { timeout: 60_000 },
  async () => {
    const feed = await TestFeed.start();
    const value = async (name: string): Promise<number> => {
      const text = await (await fetch(`${feed.base}/metrics`)).text();
      return Number(new RegExp(`^tapedeck_${name} (.*)$`, 'm').exec(text)?.[1]);
    };
    const until = async (name: string, holds: (value: number) => boolean): Promise<void> => {
      while (!holds(await value(name))) await pause(20);
    };
    const { sessions } = (await feed.get('/v1/sessions')).body as {
      readonly sessions: readonly { readonly id: string; readonly open: boolean }[];
    };
    const before = sessions.find(({ open }) => !open);
    // Ten minutes of nine books in 600 ms.
    const made = await feed.post('/v1/replays', { session: before?.id, speed: 1_000 });
    const { id } = made.body as { readonly id: string };
    expect(await value('replay_drift_seconds')).toBe(0);
    const client = await TestClient.open(`${feed.stream}?replay=${id}`);
    client.send({ type: 'subscribe', channels: ['book:BTC-USD@sim:200:raw'] });
    client.send({ type: 'replay', command: 'play' });
    await until('replays_playing', (playing) => playing === 1);
    // A quick machine keeps up with that: the feed, which runs in this process, loses 300 ms.
    const from = performance.now();
    while (performance.now() - from < 300);
    await until('replay_drift_seconds', (drift) => drift > 0.05);
    await until('replays_playing', (playing) => playing === 0);
    expect(await value('replay_drift_seconds')).toBe(0);
    await client.close();
    await feed.close();
  },
);
