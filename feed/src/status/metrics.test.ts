import { expect, test } from 'vitest';

import { FAULT_KINDS } from '@tapedeck/market/wire/chaos';

import { SYMBOL, TestConnection, TestMarket } from '../../test/stream/test-market.ts';
import { RefusalTally } from '../access/refusal-tally.ts';
import { VenueMeter } from '../source/venue/meter/venue-meter.ts';
import { StreamCounters } from '../stream/connection/stream-counters.ts';
import { ResyncTally } from '../stream/gateway/resync-tally.ts';
import { krakenLive } from '../venue/kraken/kraken-live.ts';
import { FeedMetrics } from './metrics.ts';

/** Metrics over sources that a test changes. */
class Rig {
  readonly market = new TestMarket();
  readonly counters = new StreamCounters();
  readonly resyncs = new ResyncTally();
  readonly connections = new Set<{ level: number }>([{ level: 0 }, { level: 2 }]);
  readonly audit = { audits: 5, mismatches: 0 };
  readonly replays = { rooms: 1, playing: 0, driftMs: 0 };
  readonly chaos = {
    active: false,
    injected: Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])),
  };
  readonly recorder = {
    state: 'ok' as 'ok' | 'failed',
    session: null,
    queue: 4,
    dropped: 1,
    failures: 2,
    lastWriteAt: null as number | null,
    message: '',
  };
  readonly history = { state: 'ok' as 'ok' | 'damaged', message: '', since: null, errors: 3 };
  webSockets = 1;
  bufferedBytes = 77;
  eventStreams = 2;
  loop = { p50: 1, p95: 2, p99: 3 };
  readonly refusals = new RefusalTally();
  readonly meter = new VenueMeter(krakenLive, this.market.clock);
  readonly venue = {
    venue: krakenLive,
    meter: this.meter,
    links: [{ isUp: true }, { isUp: false }],
    bans: [] as unknown[],
  };
  readonly news = {
    ...{ address: 'https://a.example/rss', name: 'Wire', items: 0 },
    ...{ lastReadAt: null, nextReadAt: null },
    state: 'ok' as 'ok' | 'failing',
    requests: { read: 1, unchanged: 0, failed: 0 },
    stories: { told: 1, duplicate: 0, old: 0, undated: 0, unusable: 0, excess: 0 },
  };
  readonly metrics: FeedMetrics;

  constructor() {
    const webSocketCount = (): number => this.webSockets;
    const bufferedBytes = (): number => this.bufferedBytes;
    this.metrics = new FeedMetrics();
    this.metrics.read({
      engine: this.market.engine,
      resyncs: this.resyncs,
      gateway: {
        counters: this.counters,
        connections: this.connections,
        get webSocketCount() {
          return webSocketCount();
        },
        get bufferedBytes() {
          return bufferedBytes();
        },
      },
      audit: this.audit,
      recorder: () => this.recorder,
      history: () => this.history,
      replays: () => this.replays,
      chaos: () => this.chaos,
      eventStreams: () => this.eventStreams,
      refusals: this.refusals,
      channels: () => this.market.hub.channelCount,
      loop: () => this.loop,
      build: 'b1',
      source: 'sim',
      venues: () => [this.venue],
      news: () => ({ now: 0, addresses: [this.news], missing: [] }),
    });
  }

  async value(name: string): Promise<number | undefined> {
    const lines = (await this.metrics.text()).split('\n');
    const line = lines.find((each) => each.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  }
}

const OF_SYMBOL = `{symbol="${SYMBOL}"}`;
const OF_VENUE = '{venue="kraken"}';
const OF_NEWS = '{address="https://a.example/rss"';

/** Every series of a scrape, and what changes it. The names are a promise: dashboards and alerts depend on them. */
const SERIES: Readonly<Record<string, (rig: Rig) => void>> = {
  connections: ({ connections }) => connections.add({ level: 0 }),
  'connections_by_transport{transport="websocket"}': (rig) => rig.webSockets++,
  'connections_by_transport{transport="sse"}': ({ connections }) => connections.add({ level: 1 }),
  'connections_by_level{level="0"}': ({ connections }) => connections.add({ level: 0 }),
  'connections_by_level{level="1"}': ({ connections }) => connections.add({ level: 1 }),
  'connections_by_level{level="2"}': ({ connections }) => connections.add({ level: 2 }),
  'connections_by_level{level="3"}': ({ connections }) => connections.add({ level: 3 }),
  event_stream_connections: (rig) => rig.eventStreams++,
  buffered_bytes: (rig) => (rig.bufferedBytes += 9),
  channels: ({ market }) => new TestConnection(market).follow(`book:${SYMBOL}:10:raw`),
  deliveries_total: ({ counters }) => counters.messages++,
  frames_total: ({ counters }) => counters.frames++,
  sent_bytes_total: ({ counters }) => counters.bytes++,
  books_skipped_total: ({ counters }) => counters.skipped++,
  trades_counted_total: ({ counters }) => counters.summarised++,
  slowed_total: ({ counters }) => counters.slowed++,
  slow_closed_total: ({ counters }) => counters.slowClosed++,
  refused_total: ({ counters }) => counters.refused++,
  'refusals_total{reason="host"}': ({ refusals }) => refusals.add('host'),
  audits_total: ({ audit }) => audit.audits++,
  audit_mismatches_total: ({ audit }) => audit.mismatches++,
  [`book_updates_total${OF_SYMBOL}`]: ({ market }) => market.update(),
  [`trades_total${OF_SYMBOL}`]: ({ market }) => market.trade(),
  [`crossed_total${OF_SYMBOL}`]: ({ market }) => market.update([[2_000, 1]]),
  [`resyncs_total{symbol="${SYMBOL}",reason="digest"}`]: ({ resyncs }) =>
    resyncs.add(SYMBOL, 'digest'),
  [`market_ok${OF_SYMBOL}`]: ({ market }) =>
    market.engine.setState(market.market, 'halted', 'halt'),
  [`market_crossed${OF_SYMBOL}`]: ({ market }) => market.update([[2_000, 1]]),
  stale_markets: ({ market }) => market.engine.setState(market.market, 'stale', 'upstream-silent'),
  [`last_event_timestamp_seconds${OF_SYMBOL}`]: ({ market }) => {
    market.clock.advance(1_000);
    market.update();
  },
  [`gaps_total{symbol="${SYMBOL}",reason="upstream-gap"}`]: ({ market }) =>
    market.engine.reset(market.market, 'upstream-gap'),
  [`checksum_failures_total${OF_SYMBOL}`]: ({ market }) =>
    market.engine.reset(market.market, 'checksum'),
  recorder_queue_batches: ({ recorder }) => recorder.queue++,
  recorder_dropped_total: ({ recorder }) => recorder.dropped++,
  recorder_failures_total: ({ recorder }) => recorder.failures++,
  history_ok: ({ history }) => (history.state = 'damaged'),
  history_errors_total: ({ history }) => history.errors++,
  recorder_ok: ({ recorder }) => (recorder.state = 'failed'),
  recorder_last_write_timestamp_seconds: ({ recorder }) => (recorder.lastWriteAt = 5_000),
  replays: ({ replays }) => replays.rooms++,
  replays_playing: ({ replays }) => replays.playing++,
  replay_drift_seconds: ({ replays }) => (replays.driftMs = 250),
  'event_loop_delay_seconds{quantile="0.5"}': ({ loop }) => loop.p50++,
  'event_loop_delay_seconds{quantile="0.95"}': ({ loop }) => loop.p95++,
  'event_loop_delay_seconds{quantile="0.99"}': ({ loop }) => loop.p99++,
  [`venue_links${OF_VENUE}`]: ({ venue }) => venue.links.push({ isUp: false }),
  [`venue_links_up${OF_VENUE}`]: ({ venue }) => venue.links.push({ isUp: true }),
  [`venue_banned_hosts${OF_VENUE}`]: ({ venue }) => venue.bans.push('a host'),
  [`venue_clock_offset_seconds${OF_VENUE}`]: ({ market, meter }) =>
    meter.stamped(market.clock.now() + 3_000),
  [`venue_parse_seconds${OF_VENUE}`]: ({ meter }) => meter.read(1, '{}', () => []),
  [`venue_messages_total${OF_VENUE}`]: ({ meter }) => meter.read(1, '{}', () => []),
  [`venue_received_bytes_total${OF_VENUE}`]: ({ meter }) => meter.read(1, '{}', () => []),
  [`venue_dials_failed_total${OF_VENUE}`]: ({ meter }) => meter.step(1, 'dialling', 'failed', ''),
  [`venue_links_lost_total${OF_VENUE}`]: ({ meter }) => meter.step(1, 'up', 'lost', ''),
  [`venue_missing_trades_total${OF_VENUE}`]: ({ meter }) => meter.lostTrades(3),
  [`venue_audits_total${OF_VENUE}`]: ({ meter }) => meter.audited(true),
  [`venue_audits_failed_total${OF_VENUE}`]: ({ meter }) => meter.audited(false),
  [`news_requests_total${OF_NEWS},outcome="failed"}`]: ({ news }) => news.requests.failed++,
  [`news_stories_total${OF_NEWS},outcome="told"}`]: ({ news }) => news.stories.told++,
  [`news_failing${OF_NEWS}}`]: ({ news }) => (news.state = 'failing'),
  chaos_active: ({ chaos }) => (chaos.active = true),
  'chaos_faults_total{kind="drop"}': ({ chaos }) => (chaos.injected['drop'] = 3),
  'lag_seconds_count{stage="venue"}': ({ market }) => {
    for (let i = 0; i < 16; i++) market.update();
  },
  'lag_seconds_count{stage="feed"}': ({ metrics }) => metrics.lag('feed', 3),
  'lag_seconds_count{stage="client"}': ({ metrics }) => metrics.lag('client', 3),
  'recent_lag_seconds{quantile="0.5",stage="feed"}': ({ metrics }) => metrics.lag('feed', 3),
  'recent_lag_seconds{quantile="0.95",stage="feed"}': ({ metrics }) => metrics.lag('feed', 3),
  'recent_lag_seconds{quantile="0.99",stage="feed"}': ({ metrics }) => metrics.lag('feed', 3),
};
/** Series that no test can hold still. */
const RESTLESS = ['memory_bytes', 'heap_bytes', 'build_info'];

test.each(Object.keys(SERIES))('tapedeck_%s changes with what it counts', async (series) => {
  const rig = new Rig();
  const before = await rig.value(`tapedeck_${series}`);
  SERIES[series]?.(rig);
  const after = await rig.value(`tapedeck_${series}`);
  expect(after).toBeDefined();
  expect(after).not.toBe(before);
  // A scrape by itself changes nothing.
  expect(await rig.value(`tapedeck_${series}`)).toBe(after);
});

test('every name is tapedeck_*, has its help and type, and is in this list', async () => {
  const text = await new Rig().metrics.text();
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  for (const [, name = '', type] of types) {
    expect(name).toMatch(/^tapedeck_[a-z_]+$/);
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
    expect(text, name).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'));
  }
  const known = Object.keys(SERIES).map((series) => series.replace(/\{.*/, ''));
  const names = types.map(([, name = '']) => name.replace('tapedeck_', ''));
  const listed = new Set([...known.map((name) => name.replace(/_count$/, '')), ...RESTLESS]);
  expect(new Set(names)).toEqual(listed);
});

test('gaps are counted by reason', async () => {
  const rig = new Rig();
  const { market } = rig;
  market.grid('2');
  market.engine.setState(market.market, 'stale', 'upstream-silent');
  const of = (reason: string) => `tapedeck_gaps_total{symbol="${SYMBOL}",reason="${reason}"}`;
  expect(await rig.value(of('tick-size'))).toBe(1);
  expect(await rig.value(of('upstream-silent'))).toBe(1);
  expect(await rig.value('tapedeck_stale_markets')).toBe(1);
});

test('lag is split by stage; a venue clock that is ahead counts as 0', async () => {
  const rig = new Rig();
  rig.metrics.lag('client', 40);
  rig.metrics.lag('venue', -3_000);
  expect(await rig.value('tapedeck_lag_seconds_bucket{le="0.05",stage="client"}')).toBe(1);
  expect(await rig.value('tapedeck_lag_seconds_bucket{le="0.025",stage="client"}')).toBe(0);
  expect(await rig.value('tapedeck_lag_seconds_sum{stage="venue"}')).toBe(0);
  for (let ms = 1; ms <= 100; ms++) rig.metrics.lag('feed', ms);
  const at = (quantile: string) =>
    `tapedeck_recent_lag_seconds{quantile="${quantile}",stage="feed"}`;
  expect(await rig.value(at('0.5'))).toBeCloseTo(0.05, 2);
  expect(await rig.value(at('0.95'))).toBeCloseTo(0.095, 2);
  expect(await rig.value(at('0.99'))).toBeCloseTo(0.099, 2);
});
