import WebSocket from 'ws';

import type { BookMirror } from '@tapedeck/market/book/book-mirror';
import { FeedLink } from '@tapedeck/market/link/feed-link';
import type { LinkChannel } from '@tapedeck/market/link/link-channel';
import type { LinkListener } from '@tapedeck/market/link/link-listener';
import type { LinkSocket, SocketEvents } from '@tapedeck/market/link/transport/link-socket';
import { openSse } from '@tapedeck/market/link/transport/sse-socket';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';
import type { Clock } from '@tapedeck/market/time/clock';
import type { BookDeltaMessage, BookSnapshotMessage } from '@tapedeck/market/wire/book';
import { readWireFrame } from '@tapedeck/market/wire/codec/wire-frame';
import { BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL } from '@tapedeck/market/wire/version';

import { SystemClock } from '../src/machine/system-clock.ts';
import { TEST_HTTP } from './test-http-port.ts';

export type TestLinkOptions = {
  readonly url: string;
  readonly seed: number;
  readonly channels: readonly string[];
  /** The address that the connection counts for (P23): otherwise all clients of a machine are one. */
  readonly address?: string;
  /** `sse`: the stream of the fallback (P31). */
  readonly form?: 'json' | 'binary' | 'sse';
  readonly clock?: Clock;
};

/** A whole client like the dashboard's: the real link, mirrors and trades, over a real WebSocket. */
export class TestLink {
  readonly link: FeedLink;
  /** When each attempt to connect was made, wall ms. */
  readonly attempts: number[] = [];
  /** How each attempt ended, in order. */
  readonly closes: { readonly at: number; readonly code: number | undefined }[] = [];
  readonly opens: number[] = [];
  lostFrames = 0;
  /** Trades received, and reported lost. */
  trades = 0;
  lostTrades = 0;
  /** For each current tape: where it begins, what was received, what was reported lost. */
  readonly tapes = new Map<LinkChannel, { from: number; came: number; lost: number }>();
  /** The feed's id of the connection. */
  connection: string | undefined;
  /** Called after every applied change of a book, with the message that brought it. */
  onBook:
    | ((channel: LinkChannel, message: BookSnapshotMessage | BookDeltaMessage) => void)
    | undefined;
  readonly #options: TestLinkOptions;
  #socket: WebSocket | undefined;
  #cut = (): void => this.#socket?.terminate();

  constructor(options: TestLinkOptions) {
    this.#options = options;
    const { seed, channels, clock = new SystemClock() } = options;
    this.link = new FeedLink({
      clock,
      random: new Random(seed),
      decode: readWireFrame,
      dial: (events) => this.#dial(events),
      listener: this.#listener(),
    });
    for (const name of channels) this.link.subscribe(name);
    this.link.start();
  }

  channel(name: string): LinkChannel {
    return this.link.subscribe(name);
  }

  mirror(name: string): BookMirror {
    return must(this.channel(name).mirror, `the mirror of ${name}`);
  }

  /** Whether everything subscribed is right. */
  get isRight(): boolean {
    for (const { phase } of this.link.channels) if (phase !== 'ok') return false;
    return true;
  }

  /** P17: nothing is lost silently. */
  get hasWholeTapes(): boolean {
    for (const [channel, { from, came, lost }] of this.tapes)
      if (channel.hasSequence && channel.sequence - from !== came + lost) return false;
    return true;
  }

  /** The client stops reading; the socket stays open. */
  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** The connection is cut: no close frame, a reset. */
  cut(): void {
    this.#cut();
  }

  stop(): void {
    this.link.stop();
  }

  #dial(events: SocketEvents): LinkSocket {
    this.attempts.push(Date.now());
    if (this.#options.form === 'sse') return this.#dialSse(events);
    const { url, address, form } = this.#options;
    const headers = address === undefined ? {} : { 'x-forwarded-for': address };
    const subprotocol = form === 'binary' ? BINARY_SUBPROTOCOL : JSON_SUBPROTOCOL;
    const socket = new WebSocket(url, subprotocol, { headers, perMessageDeflate: false });
    this.#socket = socket;
    let isOver = false;
    const over = (code: number | undefined, tell: () => void): void => {
      if (isOver) return;
      isOver = true;
      this.closes.push({ at: Date.now(), code });
      tell();
    };
    socket.on('open', () => {
      this.opens.push(Date.now());
      events.opened();
    });
    socket.on('message', (data, isBinary) =>
      events.frame(isBinary ? (data as Buffer) : String(data as Buffer)),
    );
    socket.on('error', (error) => over(undefined, () => events.failed(error.message)));
    socket.on('close', (code, reason) => over(code, () => events.closed(code, reason.toString())));
    return {
      send: (text) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      drop: () => {
        isOver = true;
        socket.removeAllListeners();
        socket.on('error', () => {});
        socket.terminate();
      },
    };
  }

  #dialSse(events: SocketEvents): LinkSocket {
    const url = `${this.#options.url.replace(/^ws/, 'http')}/sse`;
    const socket = openSse(TEST_HTTP, url, events);
    this.#cut = () => {
      socket.drop();
      events.failed('cut');
    };
    return socket;
  }

  #listener(): LinkListener {
    return {
      onState: () => {},
      onHello: ({ connection }) => (this.connection = connection),
      onFrame: () => {},
      onBook: (channel, outcome, message) => {
        if (outcome === 'applied') this.onBook?.(channel, message);
      },
      onTrades: (channel, { trades, previous }, lost, isNew) => {
        this.trades += trades.length;
        this.lostTrades += lost;
        const before = this.tapes.get(channel);
        const tape = before === undefined || isNew ? { from: previous, came: 0, lost: 0 } : before;
        tape.came += trades.length;
        tape.lost += lost;
        this.tapes.set(channel, tape);
      },
      onTicker: () => {},
      onCandle: () => {},
      onChannel: () => {},
      onMessage: () => {},
      onLostFrame: () => void this.lostFrames++,
    };
  }
}
