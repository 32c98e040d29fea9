/* Servers that carry a market to many browsers: as one would write them first, and the product with every rule. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { type WebSocket, WebSocketServer } from 'ws';

import { Access } from '../src/access/access.ts';
import { AddressLimits } from '../src/access/address-limits.ts';
import { createApp } from '../src/app.ts';
import { TrustedProxies } from '../src/config/trusted-proxies.ts';
import { Ingest } from '../src/engine/ingest.ts';
import { MarketEngine } from '../src/engine/market-engine.ts';
import { listen, portOf } from '../src/listen.ts';
import { SystemClock } from '../src/machine/system-clock.ts';
import { ChannelIds } from '../src/stream/channel/channel-ids.ts';
import { LIMITS } from '../src/stream/frame/limits.ts';
import { StreamGateway } from '../src/stream/gateway/stream-gateway.ts';
import { StreamHub } from '../src/stream/hub/stream-hub.ts';
import type { BookOrTrade, FanoutStream } from './fanout-stream.ts';

export type FanoutServer = {
  readonly port: number;
  readonly take: (event: BookOrTrade) => void;
  readonly bufferedBytes: () => number;
  /** How many are connected, if anyone asks. */
  readonly connections?: () => number;
};

/** Each event is sent to each subscriber by itself; `encode` says how often it becomes text. */
export async function plainServer(encode: 'per client' | 'once'): Promise<FanoutServer> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
  const bySymbol = new Map<string, Set<WebSocket>>();
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      const { channels = [] } = JSON.parse((data as Buffer).toString()) as { channels?: string[] };
      for (const symbol of channels) {
        const subscribers = bySymbol.get(symbol) ?? new Set();
        bySymbol.set(symbol, subscribers.add(socket));
      }
    });
  });
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (http.address() as AddressInfo).port,
    take: (event) => {
      const subscribers = bySymbol.get(event.symbol) ?? [];
      if (encode === 'once') {
        const text = JSON.stringify(event);
        for (const socket of subscribers) socket.send(text);
      } else for (const socket of subscribers) socket.send(JSON.stringify(event));
    },
    bufferedBytes: () => [...sockets.clients].reduce((sum, each) => sum + each.bufferedAmount, 0),
  };
}

/** The product: engine, hub, connections, flow control, composed as in `feed.ts`. */
export async function feedServer(stream: FanoutStream): Promise<FanoutServer> {
  const clock = new SystemClock();
  const engine = new MarketEngine({ clock, nextEpoch: () => 'bench', candles: () => [] });
  const ingest = new Ingest(engine, () => {});
  const hub = new StreamHub({ markets: engine, clock, ids: new ChannelIds(), paced: true });
  const access = new Access({
    token: undefined,
    webPort: 0,
    host: '127.0.0.1',
    origins: [],
    webKey: undefined,
    trustedProxies: new TrustedProxies(),
  });
  const many = { perAddress: 100_000, inAll: 100_000 };
  const addresses = new AddressLimits({ connections: many });
  const gateway = new StreamGateway({
    access,
    addresses,
    clock,
    hub,
    limits: { ...LIMITS, firstSubscribeMs: 60_000 },
    epoch: 'bench',
    build: 'bench',
    replay: () => undefined,
    overload: () => undefined,
  });
  const app = createApp({
    access,
    limits: addresses,
    gateway,
    history: ':memory:',
    build: 'bench',
    routes: [],
    onError: (error) => {
      throw error;
    },
  });
  const server = await listen(app.fetch, { host: '127.0.0.1', port: 0 });
  const now = clock.now();
  for (const instrument of stream.instruments) ingest.sink({ type: 'instrument', instrument });
  for (const snapshot of stream.snapshots)
    ingest.sink({ ...snapshot, eventTime: now, receiveTime: now });
  return {
    port: portOf(server),
    take: ingest.sink,
    bufferedBytes: () => gateway.bufferedBytes,
    connections: () => gateway.connections.size,
  };
}
