import { bookChecksum } from '../book/checksum.ts';
import type { Level } from '../number/level.ts';
import { Random } from '../number/random.ts';
import { ManualClock } from '../time/clock.ts';
import { decodeUp } from '../wire/codec/codec.ts';
import { readWireFrame } from '../wire/codec/wire-frame.ts';
import type { DownMessage } from '../wire/down.ts';
import type { UpMessage } from '../wire/up.ts';
import { FeedLink } from './feed-link.ts';
import type { LinkListener } from './link-listener.ts';
import type { LinkSocket, SocketEvents } from './transport/link-socket.ts';

export const BOOK = 'book:BTC-USD@sim:25:100ms';
export const TRADES = 'trades:BTC-USD@sim';

/** The feed's end of a link in tests: sockets that the test opens, sends on and breaks. */
export class FarSide {
  readonly clock = new ManualClock();
  readonly sent: UpMessage[] = [];
  readonly log: string[] = [];
  sockets: SocketEvents[] = [];
  dropped = 0;
  readonly link = new FeedLink({
    clock: this.clock,
    random: new Random(5),
    decode: readWireFrame,
    dial: (events) => this.#dial(events),
    listener: this.#listener(),
  });

  get socket(): SocketEvents {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('nothing was dialled');
    return socket;
  }

  /** Opens the newest socket and sends `hello`. */
  open(epoch = 'e1'): void {
    this.socket.opened();
    this.say({
      type: 'hello',
      version: 1,
      epoch,
      connection: 'c1',
      now: this.clock.now(),
      heartbeatMs: 15_000,
      mode: 'live',
      build: 'b',
      limits: { messagesPerSecond: 10, channels: 128, frameBytes: 16_384 },
    });
    this.clock.advance(20);
  }

  say(...messages: readonly DownMessage[]): void {
    this.socket.frame(messages.map((message) => JSON.stringify(message)).join('\n'));
  }

  confirm(name: string, channel: number): void {
    const asked = this.sent.findLast((message) => message.type === 'subscribe');
    this.say({
      type: 'subscribed',
      id: asked?.id,
      channels: [
        {
          name,
          channel,
          instrument: { symbol: 'BTC-USD@sim', tickSize: '0.1', lotSize: '0.01' },
          resume: 'none',
        },
      ],
    });
  }

  snapshot(channel: number, sequence: number, epoch = 'e1'): void {
    const bids: Level[] = [[100, sequence]];
    const asks: Level[] = [[101, 5]];
    const now = this.clock.now();
    this.say({
      type: 'book-snapshot',
      channel,
      epoch,
      sequence,
      eventTime: now,
      receiveTime: now,
      sendTime: now,
      bids,
      asks,
      checksum: bookChecksum(asks, bids),
    });
  }

  delta(channel: number, previous: number, sequence: number): void {
    const now = this.clock.now();
    this.say({
      type: 'book-delta',
      channel,
      previous,
      sequence,
      merged: 1,
      eventTime: now,
      sendTime: now,
      bids: [[100, sequence]],
      asks: [],
    });
  }

  count(type: UpMessage['type']): number {
    return this.sent.filter((message) => message.type === type).length;
  }

  #dial(events: SocketEvents): LinkSocket {
    this.sockets.push(events);
    return {
      send: (text) => void this.sent.push(decodeUp(text)),
      drop: () => void this.dropped++,
    };
  }

  #listener(): LinkListener {
    return {
      onState: ({ kind }) => void this.log.push(kind),
      onHello: () => {},
      onFrame: () => {},
      onBook: (_channel, outcome) => void this.log.push(`book ${outcome}`),
      onTrades: (_channel, { trades }, lost, isNew) =>
        void this.log.push(
          `trades ${trades.map(([sequence]) => sequence).join(',')} lost ${lost}${isNew ? ' new' : ''}`,
        ),
      onTicker: () => {},
      onCandle: () => {},
      onChannel: () => {},
      onMessage: () => {},
      onLostFrame: () => void this.log.push('lost frame'),
    };
  }
}

export const TWO_TRADES: Extract<DownMessage, { type: 'trades' }> = {
  type: 'trades',
  channel: 9,
  previous: 0,
  sequence: 2,
  sendTime: 1,
  trades: [
    [1, 1, 100, 1, 'buy'],
    [2, 1, 100, 1, 'buy'],
  ],
  epoch: 'e1',
};

/** A link subscribed to trades that has received two of them. */
export function openTrades(): FarSide {
  const far = new FarSide();
  far.link.subscribe(TRADES);
  far.link.start();
  far.open();
  far.confirm(TRADES, 9);
  far.say(TWO_TRADES);
  return far;
}

export function openBook(): FarSide {
  const far = new FarSide();
  far.link.subscribe(BOOK);
  far.link.start();
  far.open();
  far.confirm(BOOK, 7);
  far.snapshot(7, 10);
  return far;
}
