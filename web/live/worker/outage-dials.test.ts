/* How often a page dials in an outage, and how soon it is back: each attempt costs two sockets, one per address. */
import { expect, test } from 'vitest';

import type { SocketEvents } from '@tapedeck/market/link/transport/link-socket';
import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';

import { DeckEngine } from './deck-engine.ts';

const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);

/** A page that was live for a minute, and a feed that is killed and restarted. */
class Outage {
  readonly clock = new ManualClock();
  dials = 0;
  #isUp = true;
  #isLive = false;
  readonly #open = new Set<SocketEvents>();

  constructor(seed: number) {
    const engine = new DeckEngine({
      isShared: true,
      fetch: () => Promise.reject(new Error('no events here')),
      clock: this.clock,
      random: new Random(seed),
      openSocket: (_, events) => this.#dial(events),
      loadFallback: () => Promise.reject(new Error('not needed')),
      probe: () => Promise.resolve(this.#isUp),
    });
    engine
      .attach(() => {})
      .hear({
        type: 'start',
        addresses: { direct: 'http://feed:8080', sameOrigin: 'http://web:3000' },
        preferSameOrigin: false,
        token: undefined,
        replayId: undefined,
      });
  }

  /** The dials of an outage of `downMs`, and how long after it the page is live again. */
  async last(downMs: number): Promise<{ readonly dials: number; readonly backMs: number }> {
    // The probe has its own period: an outage may begin anywhere in it.
    await this.#pass(60_000 + (downMs % 700));
    expect(this.#isLive).toBe(true);
    this.#isUp = false;
    this.#isLive = false;
    for (const events of this.#open) events.failed('the link broke');
    this.#open.clear();
    this.dials = 0;
    await this.#pass(downMs);
    const { dials } = this;
    this.#isUp = true;
    let backMs = 0;
    for (; !this.#isLive && backMs < 60_000; backMs += 10) await this.#pass(10);
    return { dials, backMs };
  }

  #dial(events: SocketEvents): { send: (text: string) => void; drop: () => void } {
    this.dials++;
    // Loopback answers at once, with a refusal or a welcome.
    const cancel = this.clock.after(2, () => {
      if (!this.#isUp) return events.failed('refused');
      this.#open.add(events);
      this.#isLive = true;
      events.opened();
      this.#greet(events);
    });
    return {
      send: (text) => {
        if (text.includes('ping')) events.frame('{"type":"pong","id":1,"now":1}');
      },
      drop: () => {
        cancel();
        this.#open.delete(events);
      },
    };
  }

  #greet(events: SocketEvents): void {
    const limits = { messagesPerSecond: 10, channels: 128, frameBytes: 16_384 };
    const life = { epoch: 'e1', connection: 'c1', mode: 'live', build: 'b', limits };
    const now = this.clock.now();
    events.frame(JSON.stringify({ type: 'hello', version: 1, now, heartbeatMs: 15_000, ...life }));
  }

  async #pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 10) {
      this.clock.advance(Math.min(10, left));
      for (let turn = 0; turn < 6; turn++) await Promise.resolve();
    }
  }
}

test.each([
  [5_000, 14],
  [60_000, 40],
])(
  'section 9: an outage of %d ms costs a page at most %d dials, and it is back within 1.5 s of its end',
  async (downMs, most) => {
    const outages = await Promise.all(SEEDS.map((seed) => new Outage(seed).last(downMs + seed)));
    const worst = Math.max(...outages.map(({ dials }) => dials));
    expect(worst, JSON.stringify(outages)).toBeLessThanOrEqual(most);
    expect(Math.max(...outages.map(({ backMs }) => backMs))).toBeLessThanOrEqual(1_510);
  },
);
