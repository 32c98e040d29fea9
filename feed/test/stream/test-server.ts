import type { Server } from 'node:http';

import { onTestFinished } from 'vitest';

import { Random } from '@tapedeck/market/number/random';
import { later } from '@tapedeck/market/time/clock';

import { Access } from '../../src/access/access.ts';
import { ADDRESS_LIMITS, AddressLimits } from '../../src/access/address-limits.ts';
import { createApp } from '../../src/app.ts';
import { TrustedProxies } from '../../src/config/trusted-proxies.ts';
import { listen, portOf } from '../../src/listen.ts';
import { streamRoutes } from '../../src/route/stream-routes.ts';
import { LIMITS, type Limits } from '../../src/stream/frame/limits.ts';
import { SseGateway } from '../../src/stream/gateway/sse-gateway.ts';
import { StreamGateway } from '../../src/stream/gateway/stream-gateway.ts';
import { TestMarket } from './test-market.ts';

/** Pages of this origin are allowed. */
export const PAGE_ORIGIN = 'http://page.test';

/** A gateway on a real port, serving a market on a clock that the test owns. */
export class TestServer {
  readonly addresses: AddressLimits;
  readonly gateway: StreamGateway;
  readonly sse: SseGateway;
  /** Set: new clients are refused. */
  overload: string | undefined;
  /** Set: handling an `ack` throws, like a bug. */
  bug: Error | undefined;
  /** Unexpected errors. */
  readonly errors: unknown[] = [];
  /** How far the gateway's clocks are ahead of its timers: how long it was blocked. */
  skewMs = 0;
  #server: Server | undefined;

  private constructor(market: TestMarket, limits: Partial<Limits>, perAddress: number) {
    this.addresses = new AddressLimits({ connections: { perAddress } });
    this.gateway = new StreamGateway({
      access: TEST_ACCESS,
      addresses: this.addresses,
      clock: {
        now: () => market.clock.now() + this.skewMs,
        monotonic: () => later(market.clock.monotonic(), this.skewMs),
        after: (...timer) => market.clock.after(...timer),
        every: (...timer) => market.clock.every(...timer),
      },
      hub: market.hub,
      limits: { ...LIMITS, ...limits },
      epoch: 'e',
      build: 'test',
      replay: () => undefined,
      overload: () => this.overload,
      onAck: () => {
        if (this.bug !== undefined) throw this.bug;
      },
      onError: (error) => this.errors.push(error),
    });
    this.sse = new SseGateway(this.gateway.lobby, market.clock, new Random(7));
  }

  static async open(
    market: TestMarket,
    limits: Partial<Limits> = {},
    perAddress = ADDRESS_LIMITS.connections.perAddress,
  ): Promise<TestServer> {
    const server = new TestServer(market, limits, perAddress);
    const app = createApp({
      history: ':memory:',
      access: TEST_ACCESS,
      limits: server.addresses,
      gateway: server.gateway,
      build: 'test',
      routes: [streamRoutes(server.sse)],
      onError: (error) => {
        throw error;
      },
    });
    server.#server = await listen(app.fetch, { host: '127.0.0.1', port: 0 });
    return server;
  }

  get port(): number {
    return this.#server === undefined ? 0 : portOf(this.#server);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/v1/stream`;
  }

  get base(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  close(): void {
    this.gateway.close();
    this.sse.close();
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}

const TEST_ACCESS = new Access({
  token: undefined,
  webPort: 0,
  host: '127.0.0.1',
  origins: [PAGE_ORIGIN],
  webKey: undefined,
  trustedProxies: new TrustedProxies(),
});

/** A market of the test's own, served until it ends. */
export async function serving(
  limits: Partial<Limits> = {},
  perAddress?: number,
): Promise<[TestMarket, TestServer]> {
  const market = new TestMarket();
  const server = await TestServer.open(market, limits, perAddress);
  onTestFinished(() => server.close());
  return [market, server];
}
