/* Random messages for tests: every type and optional field, typical of the feed or as odd as the schemas allow. */
import { MARKET_STATES, STATE_REASONS } from '../../instrument/instrument.ts';
import type { Level } from '../../number/level.ts';
import type { Random } from '../../number/random.ts';
import type { BookDeltaMessage, BookSnapshotMessage } from '../book.ts';
import type { DownMessage, HeartbeatMessage } from '../down.ts';
import { REPLAY_STATES } from '../replay.ts';
import type { CandleMessage, TickerMessage, TradesMessage, TradeTuple } from '../tape.ts';

const MAX = Number.MAX_SAFE_INTEGER;
const NOW = 1_760_000_000_000;
const TEXTS = ['', 'k3f9a01x', 'Zürich', '盤\ud83d\ude00', 'a"b\\\n', '\ud800', '<!-- -->'];

/** Generates messages from a seed. `oddness` is the share of values at the limits of their schemas. */
export class TestMessages {
  readonly #random: Random;
  readonly #oddness: number;

  constructor(random: Random, oddness: number) {
    this.#random = random;
    this.#oddness = oddness;
  }

  /** One message per type, in a fixed order. */
  all(): readonly DownMessage[] {
    return [
      ...[this.#hello(), this.#subscribed(), this.#channelState(), this.#reset(), this.#tier()],
      ...[this.snapshot(), this.delta(), this.trades(), this.candle(), this.ticker()],
      ...[this.heartbeat(), this.#replayState(), this.#error(), this.#pong()],
      { type: 'unsubscribed', ...this.#maybe({ id: this.#count(99) }), channels: [this.#count(9)] },
    ];
  }

  snapshot(): BookSnapshotMessage {
    const [sequence] = this.#chain();
    return {
      type: 'book-snapshot',
      channel: this.#count(300),
      epoch: this.#epoch(),
      sequence,
      ...this.#times(),
      receiveTime: this.#time(),
      ...this.#sides(),
      checksum: this.#uint32(),
      ...this.#maybe({ digest: this.#uint32() }),
    };
  }

  delta(): BookDeltaMessage {
    const [previous, sequence] = this.#chain();
    const merged = this.#odd() ? this.#count(50) : sequence - previous;
    return {
      type: 'book-delta',
      channel: this.#count(300),
      previous,
      sequence,
      merged: Math.max(0, merged),
      ...this.#times(),
      ...this.#sides(),
      ...this.#maybe({ checksum: this.#uint32() }),
      ...this.#maybe({ digest: this.#uint32() }),
    };
  }

  trades(): TradesMessage {
    const length = this.#length(40);
    const [previous] = this.#chain();
    const skipped = this.#random.chance(0.1) ? this.#count(5) : 0;
    const sequence = Math.min(MAX, previous + length + skipped);
    let time = this.#time();
    let price = this.#price();
    const trades = Array.from({ length }, (_, i): TradeTuple => {
      if (this.#random.chance(0.3)) time = this.#time();
      if (this.#random.chance(0.5)) price = this.#near(price);
      const number = this.#odd() ? this.#count(99) : Math.max(0, sequence - length + 1 + i);
      return [number, time, price, this.#size(100), this.#random.pick(['buy', 'sell'] as const)];
    });
    return {
      type: 'trades',
      channel: this.#count(300),
      previous,
      sequence,
      sendTime: this.#time(),
      trades,
      ...this.#maybe({ lost: this.#count(9) }),
      ...this.#maybe({ epoch: this.#random.chance(0.5) ? this.#epoch() : this.#text() }),
      ...this.#maybe({ life: this.#random.chance(0.5) ? this.#epoch() : this.#text() }),
    };
  }

  candle(): CandleMessage {
    const open = this.#price();
    return {
      type: 'candle',
      channel: this.#count(300),
      openTime: this.#time(),
      open,
      high: this.#near(open),
      low: this.#near(open),
      close: this.#near(open),
      volume: this.#size(1),
      ...this.#maybe({ buyVolume: this.#size(1) }),
      trades: this.#count(9_999),
      state: this.#random.pick(['forming', 'closed'] as const),
      sequence: this.#count(MAX),
    };
  }

  ticker(): TickerMessage {
    const price = this.#price();
    const orNull = (): number | null => (this.#random.chance(0.2) ? null : this.#near(price));
    return {
      type: 'ticker',
      channel: this.#count(300),
      last: orNull(),
      bid: orNull(),
      ask: orNull(),
      open24h: orNull(),
      volume24h: this.#size(1),
      eventTime: this.#time(),
      sequence: this.#count(MAX),
    };
  }

  heartbeat(): HeartbeatMessage {
    const last: Record<string, number> = {};
    const digests: Record<string, number> = {};
    const heard: Record<string, number> = {};
    for (let i = this.#length(20); i > 0; i--) {
      const name = this.#odd()
        ? this.#random.pick(['07', 'x', '-1'])
        : String(this.#count(2 ** 40));
      last[name] = this.#count(MAX);
      if (this.#random.chance(0.5)) digests[name] = this.#uint32();
      if (this.#random.chance(0.5)) heard[name] = this.#count(this.#odd() ? MAX : 5_000);
    }
    if (this.#odd()) digests['5'] = this.#uint32();
    if (this.#odd()) heard['6'] = this.#count(9);
    const now = this.#time();
    return { type: 'heartbeat', now, last, ...this.#maybe({ digests }), ...this.#maybe({ heard }) };
  }

  #hello(): DownMessage {
    return {
      type: 'hello',
      version: 1,
      epoch: this.#epoch(),
      connection: this.#text(),
      now: this.#time(),
      heartbeatMs: 15_000,
      mode: this.#random.pick(['live', 'replay'] as const),
      build: this.#text(),
      limits: { messagesPerSecond: 10, channels: 128, frameBytes: 16_384 },
    };
  }

  #subscribed(): DownMessage {
    const channels = Array.from({ length: this.#length(3) }, (_, i) => ({
      name: `trades:${this.#text()}`,
      channel: i,
      instrument: { symbol: this.#text(), tickSize: '0.1', lotSize: '0.00000001' },
      resume: this.#random.pick(['full', 'partial', 'none'] as const),
      ...this.#maybe({ lost: this.#count(9) }),
    }));
    return { type: 'subscribed', ...this.#maybe({ id: 1 }), channels };
  }

  #channelState(): DownMessage {
    const state = this.#random.pick(MARKET_STATES);
    const reason = this.#random.pick(STATE_REASONS);
    return { type: 'channel-state', channel: this.#count(300), state, since: this.#time(), reason };
  }

  #reset(): DownMessage {
    const reason = this.#random.pick(STATE_REASONS);
    const instrument = { symbol: this.#text(), tickSize: '1', lotSize: '0.01' };
    return { type: 'reset', channel: this.#count(300), reason, ...this.#maybe({ instrument }) };
  }

  #tier(): DownMessage {
    return {
      type: 'tier',
      to: '1s',
      reason: 'slow',
      ...this.#maybe({ lagMs: this.#count(9_999) }),
    };
  }

  #replayState(): DownMessage {
    return {
      type: 'replay-state',
      ...this.#maybe({ id: 3 }),
      state: this.#random.pick(REPLAY_STATES),
      clock: this.#time(),
      speed: this.#random.pick([0.1, 1, 2.5, 1_000, 'max'] as const),
      ...this.#maybe({ seeked: this.#random.chance(0.5) }),
      from: this.#time(),
      to: this.#time(),
    };
  }

  #error(): DownMessage {
    const message = this.#text();
    return { type: 'error', ...this.#maybe({ id: 7 }), code: 102, message, temporary: false };
  }

  #pong(): DownMessage {
    return { type: 'pong', ...this.#maybe({ id: this.#count(MAX) }), now: this.#time() };
  }

  #odd(): boolean {
    return this.#random.chance(this.#oddness);
  }

  #maybe<T extends object>(fields: T): T | Record<string, never> {
    return this.#random.chance(0.5) ? fields : {};
  }

  #length(most: number): number {
    return this.#random.chance(0.1) ? 0 : this.#random.integer(1, most);
  }

  #count(most: number): number {
    if (this.#odd()) return this.#random.pick([0, 1, 127, 128, 2 ** 31, 2 ** 32, 2 ** 52, MAX]);
    return Math.floor(2 ** (this.#random.next() * Math.log2(most)));
  }

  #uint32(): number {
    return this.#odd() ? this.#random.pick([0, 0xffff_ffff]) : this.#random.integer(0, 0xffff_ffff);
  }

  #time(): number {
    return this.#odd() ? this.#count(MAX) : NOW + this.#random.integer(-5_000, 5_000);
  }

  #times(): { readonly eventTime: number; readonly sendTime: number } {
    return { eventTime: this.#time(), sendTime: this.#time() };
  }

  #price(): number {
    if (this.#odd()) return this.#random.pick([0, -1, MAX, -MAX, 2 ** 52, -(2 ** 52), 2 ** 51]);
    return this.#random.integer(-10_000, 7_000_000);
  }

  #near(price: number): number {
    if (this.#odd()) return this.#price();
    return Math.max(-MAX, Math.min(MAX, price + this.#random.integer(-99, 99)));
  }

  #size(unit: number): number {
    if (this.#odd()) return this.#count(MAX);
    return Math.min(MAX, this.#count(99_999_999) * unit);
  }

  #chain(): readonly [previous: number, sequence: number] {
    const previous = this.#count(999_999);
    if (this.#odd()) return [previous, this.#count(MAX)];
    return [previous, Math.min(MAX, previous + this.#count(60))];
  }

  #sides(): { readonly bids: readonly Level[]; readonly asks: readonly Level[] } {
    const unit = 10 ** this.#random.integer(0, 6);
    const price = this.#price();
    return { bids: this.#levels(price, -1, unit), asks: this.#levels(price, 1, unit) };
  }

  #levels(from: number, sign: 1 | -1, unit: number): readonly Level[] {
    let price = from;
    const spread = this.#random.pick([1, 1, 3, 60, 9_000]);
    return Array.from({ length: this.#length(25) }, (): Level => {
      price = this.#odd() ? this.#price() : price + sign * this.#random.integer(1, spread);
      if (!Number.isSafeInteger(price)) price = 0;
      return [price, this.#random.chance(0.3) ? 0 : this.#size(unit)];
    });
  }

  #epoch(): string {
    return this.#odd() ? this.#random.pick(['ü', 'e'.repeat(40), ' ']) : 'k3f9a01x';
  }

  #text(): string {
    return this.#random.pick(TEXTS);
  }
}
