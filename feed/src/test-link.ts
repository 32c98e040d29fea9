import WebSocket from 'ws';

import { must } from '@tapedeck/market/assert';
import type { BookMirror } from '@tapedeck/market/book-mirror';
import type { Clock } from '@tapedeck/market/clock';
import { FeedLink } from '@tapedeck/market/link/feed-link';
import type { LinkChannel } from '@tapedeck/market/link/link-channel';
import type { LinkListener } from '@tapedeck/market/link/link-listener';
import type { LinkSocket, SocketEvents } from '@tapedeck/market/link/link-socket';
import { Random } from '@tapedeck/market/random';
import { BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL } from '@tapedeck/market/wire/version';
import { readWireFrame } from '@tapedeck/market/wire/wire-frame';

import { SystemClock } from './system-clock.ts';

export type TestLinkOptions = {
  readonly url: string;
  readonly seed: number;
  readonly channels: readonly string[];
  /** Whom the connection counts for (P23): a machine full of clients is one address otherwise. */
  readonly address?: string;
  readonly form?: 'json' | 'binary';
  readonly clock?: Clock;
};

/** A whole client as the dashboard is one: the real link, mirrors and trades, over a real websocket. */
export class TestLink {
  readonly link: FeedLink;
  /** When each attempt to connect was made, wall ms. */
  readonly attempts: number[] = [];
  /** What became of each attempt, in the order of events. */
  readonly closes: { readonly at: number; readonly code: number | undefined }[] = [];
  readonly opens: number[] = [];
  lostFrames = 0;
  /** Trades that came, and that the feed or the chain said were lost. */
  trades = 0;
  lostTrades = 0;
  /** The feed's name of the connection. */
  connection: string | undefined;
  /** Told after every change of a book that was believed. */
  onBook: ((channel: LinkChannel) => void) | undefined;
  readonly #options: TestLinkOptions;
  #socket: WebSocket | undefined;

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

  /** Whether everything that was asked for is right. */
  get isRight(): boolean {
    for (const { phase } of this.link.channels) if (phase !== 'ok') return false;
    return true;
  }

  /** A client that stops reading: the socket stays open. */
  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** The cable is pulled: no close frame, a reset. */
  cut(): void {
    this.#socket?.terminate();
  }

  stop(): void {
    this.link.stop();
  }

  #dial(events: SocketEvents): LinkSocket {
    this.attempts.push(Date.now());
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

  #listener(): LinkListener {
    return {
      onState: () => {},
      onHello: ({ connection }) => (this.connection = connection),
      onFrame: () => {},
      onBook: (channel, outcome) => {
        if (outcome === 'applied') this.onBook?.(channel);
      },
      onTrades: (_, { trades }, lost) => {
        this.trades += trades.length;
        this.lostTrades += lost;
      },
      onTicker: () => {},
      onCandle: () => {},
      onChannel: () => {},
      onMessage: () => {},
      onLostFrame: () => void this.lostFrames++,
    };
  }
}
