import { expect } from 'vitest';

import { BookMirror } from '@tapedeck/market/book/book-mirror';
import { must } from '@tapedeck/market/number/assert';
import type { ManualClock } from '@tapedeck/market/time/clock';
import { decodeDown } from '@tapedeck/market/wire/codec/codec';
import type { DownMessage } from '@tapedeck/market/wire/down';
import type { ReplayStateMessage } from '@tapedeck/market/wire/replay';
import type { CandleMessage, TradeTuple } from '@tapedeck/market/wire/tape';

import { Connection } from '../stream/connection/connection.ts';
import { StreamCounters } from '../stream/connection/stream-counters.ts';
import { LIMITS } from '../stream/frame/limits.ts';
import { JSON_FORM } from '../stream/frame/wire-form.ts';
import type { ReplayRoom } from './replay-room.ts';

/** One viewer of a replay: everything it received, and the resulting book. */
export class TestViewer {
  readonly mirror = new BookMirror();
  readonly messages: DownMessage[] = [];
  readonly texts: string[] = [];
  state: ReplayStateMessage | undefined;
  /** The last state sent for the book; `ok` at first. */
  bookState = 'ok';
  trades: TradeTuple[] = [];
  /** The newest, forming or closed. */
  candle: CandleMessage | undefined;
  frames = 0;
  readonly connection: Connection;
  #book = 0;

  constructor(room: ReplayRoom, clock: ManualClock, symbol = 'BTC-USD@sim', id = 'c') {
    this.connection = new Connection({
      id,
      socket: {
        send: ({ payload }) => this.#read(payload.toString()),
        close: () => {},
        terminate: () => {},
        bufferedAmount: 0,
      },
      form: JSON_FORM,
      hub: room.hub,
      clock,
      limits: { ...LIMITS, messagesPerSecond: 1e6, burst: 1e6 },
      counters: new StreamCounters(),
      epoch: room.epoch,
      build: 'test',
      mode: 'replay',
      command: (command) => room.command(command),
    });
    room.join(this.connection);
    const channels = [`book:${symbol}:200:100ms`, `trades:${symbol}`, `candles:${symbol}:1m`];
    this.say({ type: 'subscribe', channels });
  }

  say(message: object): void {
    this.connection.receive(JSON.stringify(message));
  }

  /** The book and its state, as a panel would show them. */
  get content() {
    const { state: mirror, book } = this.mirror;
    // Without a book since the last reset there is nothing to show.
    const { bids, asks } = mirror === 'ok' ? book.snapshot() : { bids: [], asks: [] };
    return { bids, asks, mirror, feed: this.bookState };
  }

  leave(room: ReplayRoom): void {
    this.connection.closed();
    room.leave(this.connection);
  }

  get clock(): number {
    return must(this.state, 'a replay-state').clock;
  }

  #read(frame: string): void {
    this.frames++;
    this.texts.push(frame);
    for (const message of decodeDown(frame)) {
      this.messages.push(message);
      if (message.type === 'subscribed' && this.#book === 0)
        this.#book = must(message.channels[0], 'book').channel;
      if (message.type === 'replay-state') this.state = message;
      if (message.type === 'reset' && message.channel === this.#book)
        this.mirror.reset(message.reason);
      if (message.type === 'channel-state' && message.channel === this.#book)
        this.bookState = message.state;
      if (message.type === 'book-snapshot') this.mirror.applySnapshot(message);
      if (message.type === 'book-delta') expect(this.mirror.applyDelta(message)).toBe('applied');
      if (message.type === 'trades') {
        if (message.epoch !== undefined) this.trades = [];
        this.trades.push(...message.trades);
      }
      if (message.type === 'candle') this.candle = message;
    }
  }
}
