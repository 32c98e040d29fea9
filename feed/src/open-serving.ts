/*
 * What serves a live market and its replays: hub -> gateways, admission of clients, and protection against overload.
 */
import { randomBytes } from 'node:crypto';

import { Random } from '@tapedeck/market/number/random';

import { Access } from './access/access.ts';
import { AddressLimits } from './access/address-limits.ts';
import { EventStreams } from './event/event-stream.ts';
import type { Ground, LiveMarket } from './open-market.ts';
import { ReplayRooms } from './replay/replay-rooms.ts';
import { LoopDelay } from './status/loop-delay.ts';
import { FeedMetrics } from './status/metrics.ts';
import { ChannelIds } from './stream/channel/channel-ids.ts';
import { sessionTrades } from './stream/channel/session-trades.ts';
import type { TradeArchive } from './stream/channel/trade-resume.ts';
import { LIMITS } from './stream/frame/limits.ts';
import { OverloadGuard } from './stream/gateway/overload-guard.ts';
import { SseGateway } from './stream/gateway/sse-gateway.ts';
import { StreamGateway } from './stream/gateway/stream-gateway.ts';
import { StreamHub } from './stream/hub/stream-hub.ts';

export type Serving = {
  readonly access: Access;
  readonly addresses: AddressLimits;
  readonly hub: StreamHub;
  readonly gateway: StreamGateway;
  readonly sse: SseGateway;
  /** Event streams (SSE), not market data. */
  readonly streams: EventStreams;
  readonly rooms: ReplayRooms;
  readonly archive: TradeArchive;
  readonly guard: OverloadGuard;
  readonly loop: LoopDelay;
  readonly metrics: FeedMetrics;
  readonly close: () => void;
};

export function openServing(
  { config, clock, log, history }: Ground,
  { engine, epoch, newsroom, recorder, watch, chaos }: LiveMarket,
): Serving {
  const metrics = new FeedMetrics();
  const loop = new LoopDelay(clock);
  const guard = new OverloadGuard({
    clock,
    loopDelayMs: () => loop.last?.p99 ?? 0,
    onChange: (refusal) => newsroom.overload(refusal),
  });
  const access = new Access({
    token: config.token,
    webPort: config.webPort,
    host: config.host,
    origins: config.origins,
    webKey: config.webKey,
    trustedProxies: config.trustedProxies,
  });
  const addresses = new AddressLimits();
  const ids = new ChannelIds();
  const archive = sessionTrades(history, engine, () => recorder.stats().session);
  const hub = new StreamHub({
    markets: engine,
    clock,
    ids,
    paced: true,
    archive,
    onSent: (lagMs) => metrics.lag('feed', lagMs),
  });
  const rooms = new ReplayRooms({
    history,
    clock,
    ids,
    newId: () => randomBytes(6).toString('hex'),
    workNow: () => clock.monotonic(),
  });
  watch.onReopened(() => rooms.endGone());
  const gateway = new StreamGateway({
    access,
    addresses,
    clock,
    hub,
    limits: LIMITS,
    epoch,
    build: config.build,
    replay: (id) => rooms.get(id),
    overload: () => guard.refusal,
    chaos,
    onAck: (lagMs) => metrics.lag('client', lagMs),
    onError: (error) => log.error({ err: error }, 'unexpected error in a message'),
  });
  guard.weigh(gateway);
  const sse = new SseGateway(gateway.lobby, clock, newRandom());
  const streams = new EventStreams(clock, newRandom(), () => chaos?.isActive === true);
  return {
    access,
    addresses,
    hub,
    gateway,
    sse,
    streams,
    rooms,
    archive,
    guard,
    loop,
    metrics,
    close: () => {
      for (const each of [metrics, guard, loop]) each.close();
      for (const door of [gateway, sse, streams, rooms, hub]) door.close();
    },
  };
}

function newRandom(): Random {
  return new Random(randomBytes(4).readUInt32LE());
}
