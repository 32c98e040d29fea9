import { expect, test } from 'vitest';

import { StreamCounters } from '../stream/stream-counters.ts';
import { SYMBOL, TestConnection, TestMarket } from '../stream/test-market.ts';
import { FeedMetrics } from './metrics.ts';

function measured(): {
  readonly market: TestMarket;
  readonly counters: StreamCounters;
  readonly metrics: FeedMetrics;
  readonly value: (name: string) => Promise<number | undefined>;
} {
  const market = new TestMarket();
  const counters = new StreamCounters();
  const metrics = new FeedMetrics({
    engine: market.engine,
    gateway: {
      counters,
      connections: new Set([{ level: 0 }, { level: 2 }]),
      bufferedBytes: 77,
      resyncsOf: () => 3,
    },
    audit: { audits: 5, mismatches: 0 },
    recorder: () => ({
      state: 'ok',
      session: null,
      queue: 4,
      dropped: 1,
      lastWriteAt: null,
      message: '',
    }),
    eventStreams: () => 2,
    channels: () => market.hub.channelCount,
    loop: () => ({ p50: 1, p95: 2, p99: 3 }),
    build: 'b1',
    source: 'sim',
  });
  const value = async (name: string): Promise<number | undefined> => {
    const line = (await metrics.text()).split('\n').find((each) => each.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  };
  return { market, counters, metrics, value };
}

test('every name is tapedeck_*, and _total stands on counters alone', async () => {
  const { metrics } = measured();
  const types = [...(await metrics.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  expect(types.length).toBeGreaterThan(25);
  for (const [, name = '', type] of types) {
    expect(name).toMatch(/^tapedeck_[a-z_]+$/);
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
  }
});

test('counters follow what happens, and a scrape changes nothing', async () => {
  const { market, counters, value } = measured();
  counters.frames = 10;
  expect(await value('tapedeck_frames_total')).toBe(10);
  expect(await value('tapedeck_frames_total')).toBe(10);
  counters.frames = 25;
  expect(await value('tapedeck_frames_total')).toBe(25);
  market.trade(7);
  expect(await value(`tapedeck_trades_total{symbol="${SYMBOL}"}`)).toBe(7);
  expect(await value('tapedeck_audit_mismatches_total')).toBe(0);
  expect(await value('tapedeck_connections')).toBe(2);
  expect(await value('tapedeck_connections_by_level{level="2"}')).toBe(1);
  expect(await value('tapedeck_event_loop_delay_seconds{quantile="0.99"}')).toBe(0.003);
});

test('gaps are counted by reason', async () => {
  const { market, value } = measured();
  market.grid('2');
  market.engine.setState(market.market, 'stale', 'upstream-silent');
  const of = (reason: string) => `tapedeck_gaps_total{symbol="${SYMBOL}",reason="${reason}"}`;
  expect(await value(of('tick-size'))).toBe(1);
  expect(await value(of('upstream-silent'))).toBe(1);
  expect(await value('tapedeck_stale_markets')).toBe(1);
  market.engine.reset(market.market, 'checksum');
  expect(await value(`tapedeck_checksum_failures_total{symbol="${SYMBOL}"}`)).toBe(1);
});

test('lag is split by stage; a venue whose clock is ahead counts as 0', async () => {
  const { metrics, value } = measured();
  metrics.lag('client', 40);
  metrics.lag('venue', -3_000);
  expect(await value('tapedeck_lag_seconds_bucket{le="0.05",stage="client"}')).toBe(1);
  expect(await value('tapedeck_lag_seconds_bucket{le="0.025",stage="client"}')).toBe(0);
  expect(await value('tapedeck_lag_seconds_sum{stage="venue"}')).toBe(0);
});

test('a connection that follows a book is one channel', async () => {
  const { market, value } = measured();
  new TestConnection(market).follow(`book:${SYMBOL}:10:raw`);
  expect(await value('tapedeck_channels')).toBe(1);
});
