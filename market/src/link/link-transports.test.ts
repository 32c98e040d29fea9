/* P32c: a link on a network that blocks WebSockets, and on one that also buffers streams. */
import { expect, test } from 'vitest';

import { bookChecksum } from '../book/checksum.ts';
import { must } from '../number/assert.ts';
import type { Level } from '../number/level.ts';
import { Random } from '../number/random.ts';
import { ManualClock } from '../time/clock.ts';
import { decodeUp } from '../wire/codec/codec.ts';
import { readWireFrame } from '../wire/codec/wire-frame.ts';
import type { DownMessage } from '../wire/down.ts';
import type { UpMessage } from '../wire/up.ts';
import { FeedLink } from './feed-link.ts';
import type { Dial, SocketEvents } from './transport/link-socket.ts';
import type { Transport } from './transport/transport-state.ts';

const BOOK = 'book:BTC-USD@sim:25:100ms';
const TRADES = 'trades:BTC-USD@sim';
const CANDLES = 'candles:BTC-USD@sim:1m';

type Dialled = {
  readonly transport: Transport;
  readonly events: SocketEvents;
  readonly sent: UpMessage[];
  isDropped: boolean;
};

/** A network on which the test blocks transports: a blocked transport fails at once. */
class Network {
  readonly clock = new ManualClock();
  readonly blocked = new Set<Transport>();
  readonly dialled: Dialled[] = [];
  readonly log: string[] = [];
  isReachable = true;
  sequence = 10;
  readonly link: FeedLink;

  constructor(isReplay = false) {
    this.link = new FeedLink({
      clock: this.clock,
      random: new Random(5),
      decode: readWireFrame,
      dial: this.#dial('websocket'),
      fallback: {
        sse: this.#dial('sse'),
        polling: isReplay ? undefined : this.#dial('polling'),
        probe: () => Promise.resolve(this.isReachable),
      },
      listener: {
        onState: ({ kind }) => void this.log.push(kind),
        onTransport: (transport) => void this.log.push(transport),
        onHello: () => {},
        onFrame: () => {},
        onBook: (_channel, outcome) => void this.log.push(`book ${outcome}`),
        onTrades: (_channel, { trades }, lost, isNew) =>
          void this.log.push(`trades ${trades.length} lost ${lost}${isNew ? ' new' : ''}`),
        onTicker: () => {},
        onCandle: () => {},
        onChannel: () => {},
        onMessage: () => {},
        onLostFrame: () => {},
      },
    });
  }

  get newest(): Dialled {
    return must(this.dialled.at(-1), 'dialled');
  }

  count(transport: Transport): number {
    return this.dialled.filter((each) => each.transport === transport).length;
  }

  /** Advances time in small steps and lets promises settle in between. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      this.clock.advance(Math.min(left, 50));
      for (let turn = 0; turn < 4; turn++) await Promise.resolve();
      this.#speak();
    }
  }

  say(dialled: Dialled, ...messages: readonly DownMessage[]): void {
    dialled.events.frame(messages.map((message) => JSON.stringify(message)).join('\n'));
  }

  hello(dialled: Dialled): void {
    this.say(dialled, {
      type: 'hello',
      version: 1,
      epoch: 'e1',
      connection: 'c1',
      now: this.clock.now(),
      heartbeatMs: 15_000,
      mode: 'live',
      build: 'b',
      limits: { messagesPerSecond: 10, channels: 128, frameBytes: 16_384 },
    });
  }

  /** Answers the requests of a socket as a feed does, and keeps it alive. */
  #speak(): void {
    for (const each of this.dialled) {
      if (each.isDropped) continue;
      for (const message of each.sent.splice(0)) {
        if (message.type === 'ping')
          this.say(each, { type: 'pong', id: message.id, now: this.clock.now() });
        if (message.type === 'subscribe') this.#welcome(each, message);
      }
    }
  }

  #welcome(dialled: Dialled, message: Extract<UpMessage, { type: 'subscribe' }>): void {
    const now = this.clock.now();
    const grid = { symbol: 'BTC-USD@sim', tickSize: '0.1', lotSize: '0.01' };
    const ids = new Map(message.channels.map((name, i) => [name, i + 1]));
    this.say(dialled, {
      type: 'subscribed',
      id: message.id,
      channels: [...ids].map(([name, channel]) => ({
        name,
        channel,
        instrument: grid,
        resume: 'none',
      })),
    });
    const bids: Level[] = [[100, this.sequence]];
    const asks: Level[] = [[101, 5]];
    const book = ids.get(BOOK);
    if (book !== undefined)
      this.say(dialled, {
        type: 'book-snapshot',
        channel: book,
        epoch: 'e1',
        sequence: this.sequence,
        eventTime: now,
        receiveTime: now,
        sendTime: now,
        bids,
        asks,
        checksum: bookChecksum(asks, bids),
      });
    const trades = ids.get(TRADES);
    const from = message.since?.[TRADES]?.sequence ?? this.sequence - 1;
    if (trades !== undefined)
      this.say(dialled, {
        type: 'trades',
        channel: trades,
        epoch: 'e1',
        previous: from,
        sequence: this.sequence,
        sendTime: now,
        trades: Array.from({ length: this.sequence - from }, (_, i) => [
          from + i + 1,
          now,
          100,
          1,
          'buy',
        ]),
      });
  }

  #dial(transport: Transport): Dial {
    return (events) => {
      const dialled: Dialled = { transport, events, sent: [], isDropped: false };
      this.dialled.push(dialled);
      if (this.blocked.has(transport) || !this.isReachable)
        this.clock.after(5, () => {
          if (!dialled.isDropped) events.failed('blocked');
        });
      else
        this.clock.after(5, () => {
          if (dialled.isDropped) return;
          events.opened();
          this.hello(dialled);
        });
      return {
        send: (text) => void dialled.sent.push(decodeUp(text)),
        drop: () => {
          dialled.isDropped = true;
        },
      };
    };
  }
}

test('P32c: after three WebSocket refusals while the feed answers requests, a stream is used', async () => {
  const network = new Network();
  network.blocked.add('websocket');
  network.link.subscribe(BOOK);
  network.link.start();
  await network.pass(20_000);
  expect(network.dialled.slice(0, 4).map(({ transport }) => transport)).toEqual([
    'websocket',
    'websocket',
    'websocket',
    'sse',
  ]);
  expect([network.link.state.kind, network.link.transport]).toEqual(['open', 'sse']);
  expect(network.link.subscribe(BOOK).phase).toBe('ok');
});

test('P32c: an unreachable feed does not change the transport', async () => {
  const network = new Network();
  network.isReachable = false;
  network.link.start();
  await network.pass(60_000);
  expect(network.count('sse')).toBe(0);
  network.isReachable = true;
  await network.pass(11_000);
  expect(network.link.transport).toBe('websocket');
  expect(network.link.state.kind).toBe('open');
});

test('a close by the feed itself does not count as a refusal', async () => {
  const network = new Network();
  network.link.start();
  for (let i = 0; i < 5; i++) {
    network.newest.events.closed(4013, 'overload: try later');
    await network.pass(11_000);
  }
  expect(network.count('sse')).toBe(0);
});

test('P32c: three streams that are cut at once mean a buffering proxy, and polling is used', async () => {
  const network = new Network();
  network.blocked.add('websocket');
  network.link.start();
  for (let i = 0; i < 400; i++) {
    await network.pass(50);
    const { transport, state } = network.link;
    if (transport === 'sse' && state.kind === 'open') network.newest.events.failed('cut');
  }
  expect(network.link.transport).toBe('polling');
  expect(network.count('sse')).toBe(3);
});

test('a working stream that is cut after a while is opened again', async () => {
  const network = new Network();
  network.blocked.add('websocket');
  network.link.start();
  for (let i = 0; i < 6; i++) {
    await network.pass(35_000);
    network.newest.events.failed('the stream ended');
  }
  await network.pass(5_000);
  expect(network.count('polling')).toBe(0);
  expect(network.link.transport).toBe('sse');
});

test('P32c: the WebSocket is tried every minute, and takes over without a gap', async () => {
  const network = new Network();
  network.blocked.add('websocket');
  const book = network.link.subscribe(BOOK);
  const trades = network.link.subscribe(TRADES);
  const candles = network.link.subscribe(CANDLES);
  network.link.start();
  await network.pass(20_000);
  const refused = network.count('websocket');
  await network.pass(50_000);
  expect(network.count('websocket')).toBe(refused + 1);
  expect(network.link.transport).toBe('sse');
  const old = must(
    network.dialled.findLast(({ transport }) => transport === 'sse'),
    'stream',
  );
  expect(old.isDropped).toBe(false);

  network.blocked.delete('websocket');
  network.log.length = 0;
  network.sequence = 14;
  const phases = new Set<string>();
  for (let i = 0; i < 700; i++) {
    network.clock.advance(100);
    phases.add(book.phase).add(trades.phase);
    await network.pass(1);
    phases.add(book.phase).add(trades.phase);
  }
  expect(network.link.transport).toBe('websocket');
  expect(old.isDropped).toBe(true);
  // Book and trades stayed ok throughout, no trade is missing, and the candles start over.
  expect([...phases]).toEqual(['ok']);
  expect(network.log).toEqual(['websocket', 'book applied', 'trades 4 lost 0']);
  expect([book.sequence, trades.sequence, candles.hasValue]).toEqual([14, 14, false]);
  expect(network.link.state.kind).toBe('open');
});

test('a trial that opens but sends no frame does not take over', async () => {
  const network = new Network();
  network.blocked.add('websocket');
  network.link.start();
  await network.pass(20_000);
  expect(network.link.transport).toBe('sse');
  const before = network.dialled.length;
  network.link.retry();
  await network.pass(1_200);
  const trial = network.newest;
  expect(network.dialled.length).toBe(before + 1);
  trial.events.opened();
  await network.pass(500);
  expect(network.link.transport).toBe('sse');
});

test('a trial that opens after the link was cut reopens the link', async () => {
  const network = new Network();
  network.blocked.add('websocket');
  const book = network.link.subscribe(BOOK);
  network.link.start();
  await network.pass(20_000);
  network.blocked.delete('websocket');
  const stream = network.newest;
  network.link.retry();
  network.clock.advance(1_000);
  expect(network.newest.transport).toBe('websocket');
  stream.events.failed('cut');
  await network.pass(200);
  expect([network.link.transport, network.link.state.kind]).toEqual(['websocket', 'open']);
  expect(book.phase).toBe('ok');
});

test('polling is replaced by a stream when only WebSockets are still blocked', async () => {
  const network = new Network();
  network.blocked.add('websocket').add('sse');
  network.link.start();
  await network.pass(30_000);
  expect(network.link.transport).toBe('polling');
  network.blocked.delete('sse');
  await network.pass(70_000);
  expect(network.link.transport).toBe('sse');
});

test('a replay is never polled', async () => {
  const network = new Network(true);
  network.blocked.add('websocket').add('sse');
  network.link.start();
  await network.pass(60_000);
  expect(network.count('polling')).toBe(0);
});

test('a stopped link leaves no trial running', async () => {
  const network = new Network();
  network.blocked.add('websocket');
  network.link.start();
  await network.pass(20_000);
  network.blocked.delete('websocket');
  network.link.retry();
  network.clock.advance(1_000);
  network.link.stop();
  await network.pass(10_000);
  expect(network.newest.isDropped).toBe(true);
  expect(network.link.state.kind).toBe('idle');
});
