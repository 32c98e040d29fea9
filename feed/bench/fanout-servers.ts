/* What carries a market to many browsers: two servers as one would write them first, and the product with every rule. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { type WebSocket, WebSocketServer } from 'ws';

import type { MarketEvent } from '@tapedeck/market/market-event';

import { Access } from '../src/access.ts';
import { createApp } from '../src/app.ts';
import { Ingest } from '../src/engine/ingest.ts';
import { MarketEngine } from '../src/engine/market-engine.ts';
import { listen, portOf } from '../src/listen.ts';
import { ChannelIds } from '../src/stream/channel-ids.ts';
import { LIMITS } from '../src/stream/limits.ts';
import { StreamGateway } from '../src/stream/stream-gateway.ts';
import { StreamHub } from '../src/stream/stream-hub.ts';
import { SystemClock } from '../src/system-clock.ts';
import type { FanoutSource } from './fanout-source.ts';

export type FanoutServer = {
  readonly url: string;
  /** What a client says to follow a symbol. */
  readonly channels: (symbol: string) => readonly string[];
  readonly take: (event: MarketEvent) => void;
  readonly bufferedBytes: () => number;
  readonly close: () => void;
};

/** Each event goes to each of its subscribers by itself; `encode` says how often it becomes text. */
async function plainServer(encode: 'per client' | 'once'): Promise<FanoutServer> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
  const bySymbol = new Map<string, Set<WebSocket>>();
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      const message = JSON.parse((data as Buffer).toString()) as {
        type: string;
        channels?: string[];
      };
      for (const symbol of message.channels ?? []) {
        const subscribers = bySymbol.get(symbol) ?? new Set();
        bySymbol.set(symbol, subscribers.add(socket));
      }
    });
  });
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    channels: (symbol) => [symbol],
    take: (event) => {
      if (!('symbol' in event)) return;
      const subscribers = bySymbol.get(event.symbol) ?? [];
      if (encode === 'once') {
        const text = JSON.stringify(event);
        for (const socket of subscribers) socket.send(text);
      } else for (const socket of subscribers) socket.send(JSON.stringify(event));
    },
    bufferedBytes: () => [...sockets.clients].reduce((sum, each) => sum + each.bufferedAmount, 0),
    close: () => {
      for (const socket of sockets.clients) socket.terminate();
      http.close();
    },
  };
}

/** The product: engine, hub, connections, flow control, as `feed.ts` puts them together. */
async function feedServer(source: FanoutSource, tier: 'raw' | '100ms'): Promise<FanoutServer> {
  const clock = new SystemClock();
  const engine = new MarketEngine({ clock, nextEpoch: () => 'bench', candles: () => [] });
  const ingest = new Ingest(engine, () => {});
  const hub = new StreamHub({ engine, clock, ids: new ChannelIds(), paced: true });
  const access = new Access({
    token: undefined,
    webPort: 0,
    feedPort: () => 0,
    host: '127.0.0.1',
    origins: [],
  });
  const gateway = new StreamGateway({
    access,
    clock,
    hub,
    limits: { ...LIMITS, connectionsPerAddress: 100_000 },
    epoch: 'bench',
    build: 'bench',
    replay: () => undefined,
    overload: () => undefined,
  });
  const app = createApp({
    access,
    gateway,
    build: 'bench',
    routes: [],
    onError: (error) => {
      throw error;
    },
  });
  const server = await listen(app.fetch, { host: '127.0.0.1', port: 0 });
  for (const instrument of source.instruments()) ingest.sink({ type: 'instrument', instrument });
  for (const snapshot of source.snapshots(clock.now())) ingest.sink(snapshot);
  return {
    url: `ws://127.0.0.1:${portOf(server)}/v1/stream`,
    channels: (symbol) => [`book:${symbol}:25:${tier}`, `trades:${symbol}`],
    take: ingest.sink,
    bufferedBytes: () => gateway.bufferedBytes,
    close: () => {
      gateway.close();
      hub.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

/** In the order of the table. */
export const SERVERS: readonly {
  readonly name: string;
  readonly open: (source: FanoutSource) => Promise<FanoutServer>;
}[] = [
  { name: 'ws, stringify per client', open: () => plainServer('per client') },
  { name: 'ws, stringify once', open: () => plainServer('once') },
  { name: 'Tapedeck, `raw`', open: (source) => feedServer(source, 'raw') },
  { name: 'Tapedeck, `100ms`', open: (source) => feedServer(source, '100ms') },
];
