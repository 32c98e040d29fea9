/* TAPEDECK_VENUE_PROXY with a real proxy: the venue's name is known to nobody but the proxy. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

import { afterEach, expect, test } from 'vitest';

import { venuesStatusSchema } from '@tapedeck/market/wire/venue/venue-body';

import { SystemClock } from '../src/machine/system-clock.ts';
import { TestFeed } from './test-feed.ts';
import { DoubleServer } from './venue-double/double-server.ts';
import { doubleOf } from './venue-double/test-venue-rig.ts';

const LOGIN = 'desk:se%3Acret';
const HOST = 'venue.invalid:8443';

const cleanup: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const work of cleanup.splice(0).toReversed()) await work();
});

/** A proxy that connects everything to one port, and asks for a password. */
class TestProxy {
  readonly asked: string[] = [];
  readonly #server: Server = createServer();
  readonly #sockets = new Set<Socket>();

  constructor(port: number) {
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('connect', ({ url, headers }, socket: Socket) => {
      this.asked.push(url ?? '');
      const login = Buffer.from(decodeURIComponent(LOGIN)).toString('base64');
      if (headers['proxy-authorization'] !== `Basic ${login}`) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
        return;
      }
      const venue = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connected\r\n\r\n');
        venue.pipe(socket).pipe(venue);
      });
      venue.on('error', () => socket.destroy());
      socket.on('error', () => venue.destroy());
      socket.on('close', () => venue.destroy());
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

async function feedBehindProxy(login: string) {
  const double = doubleOf('binance', new SystemClock());
  const server = await DoubleServer.start(double);
  double.start();
  const proxy = new TestProxy(Number(new URL(server.endpoint.split('|')[1] ?? '').port));
  const port = await proxy.listen();
  const feed = await TestFeed.start({
    TAPEDECK_SOURCE: 'binance:ETHUSDT',
    TAPEDECK_VENUE_ENDPOINTS: `binance=ws://${HOST}|http://${HOST}`,
    TAPEDECK_VENUE_PROXY: `http://${login}@127.0.0.1:${port}`,
  });
  cleanup.push(async () => {
    await feed.close();
    proxy.close();
    double.stop();
    await server.close();
  });
  return { double, proxy, feed };
}

test('V3: sockets and requests of a venue go through the proxy, and nothing past it', async () => {
  const { double, proxy, feed } = await feedBehindProxy(LOGIN);
  await expect.poll(async () => (await feed.get('/readyz')).status).toBe(200);
  expect(double.dials.length).toBeGreaterThan(0);
  expect(double.requests.length).toBeGreaterThan(0);
  expect(new Set(proxy.asked)).toEqual(new Set([HOST]));
});

test('V3: a proxy that refuses is named as the cause, without its password', async () => {
  const { double, feed } = await feedBehindProxy('desk:wrong');
  await expect
    .poll(async () => {
      const { body } = await feed.get('/v1/venues/status');
      return JSON.stringify(venuesStatusSchema.parse(body));
    })
    .toContain('TAPEDECK_VENUE_PROXY: the proxy answered 407');
  expect(double.dials).toEqual([]);
  const told = [
    await feed.get('/v1/venues/status'),
    await feed.get('/v1/status'),
    await feed.get('/v1/sources'),
  ];
  expect(JSON.stringify(told)).not.toContain('wrong');
});
