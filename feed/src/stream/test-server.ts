import type { Server } from 'node:http';

import { Access } from '../access.ts';
import { createApp } from '../app.ts';
import { listen, portOf } from '../listen.ts';
import { LIMITS, type Limits } from './limits.ts';
import { StreamGateway } from './stream-gateway.ts';
import type { TestMarket } from './test-market.ts';

/** A gateway on a real port, before a market on a clock that the test owns. */
export class TestServer {
  readonly gateway: StreamGateway;
  /** Set: nobody new is let in. */
  overload: string | undefined;
  /** How far the gateway's clock is ahead of its timers. */
  skewMs = 0;
  #server: Server | undefined;

  private constructor(market: TestMarket, limits: Partial<Limits>) {
    this.gateway = new StreamGateway({
      access: TEST_ACCESS,
      clock: {
        now: () => market.clock.now() + this.skewMs,
        after: (...timer) => market.clock.after(...timer),
        every: (...timer) => market.clock.every(...timer),
      },
      hub: market.hub,
      limits: { ...LIMITS, ...limits },
      epoch: 'e',
      build: 'test',
      replay: () => undefined,
      overload: () => this.overload,
    });
  }

  static async open(market: TestMarket, limits: Partial<Limits> = {}): Promise<TestServer> {
    const server = new TestServer(market, limits);
    const app = createApp({
      access: TEST_ACCESS,
      gateway: server.gateway,
      build: 'test',
      routes: [],
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

  close(): void {
    this.gateway.close();
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}

const TEST_ACCESS = new Access({
  token: undefined,
  webPort: 0,
  feedPort: () => 0,
  host: '127.0.0.1',
  origins: [],
});
