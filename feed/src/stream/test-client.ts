import WebSocket from 'ws';

import { readBinaryFrame } from '@tapedeck/market/wire/binary/binary-decoder';
import { decodeDown } from '@tapedeck/market/wire/codec';
import type { DownMessage } from '@tapedeck/market/wire/down';
import type { UpInput } from '@tapedeck/market/wire/up';
import { JSON_SUBPROTOCOL } from '@tapedeck/market/wire/version';

/** Narrows a message to one type, for `next`. */
export const isType =
  <T extends DownMessage['type']>(type: T) =>
  (message: DownMessage): message is Extract<DownMessage, { type: T }> =>
    message.type === type;

/** A websocket client for tests: messages wait until they are asked for, in order; nothing is polled. */
export class TestClient {
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #socket: WebSocket;
  #queue: DownMessage[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data, isBinary) => {
      // Whatever the feed says must be what the protocol says: a frame that does not parse fails the test.
      this.#queue.push(
        ...(isBinary ? decodeBytes(data as Buffer) : decodeDown(String(data as Buffer))),
      );
      this.#wake?.();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.#ended = true;
        this.#wake?.();
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  static open(
    url: string,
    {
      subprotocol = JSON_SUBPROTOCOL,
      ...options
    }: { readonly origin?: string; readonly subprotocol?: string } = {},
  ): Promise<TestClient> {
    const socket = new WebSocket(url, subprotocol, options);
    const client = new TestClient(socket);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(client));
      socket.once('error', reject);
    });
  }

  send(message: UpInput): void {
    this.sendText(JSON.stringify(message));
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.send(bytes);
  }

  /** The next message that fits, dropping those before it. @throws when the connection ends first. */
  async next<T extends DownMessage>(
    fits: ((message: DownMessage) => message is T) | ((message: DownMessage) => boolean),
  ): Promise<T> {
    for (;;) {
      for (
        let message = this.#queue.shift();
        message !== undefined;
        message = this.#queue.shift()
      ) {
        if (fits(message)) return message as T;
      }
      if (this.#ended) throw new Error('the connection ended before the message came');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}

/** The messages of a binary frame, as strictly checked as those of text. */
function decodeBytes(frame: Buffer): readonly DownMessage[] {
  const messages = readBinaryFrame(frame);
  return decodeDown(messages.map((message) => JSON.stringify(message)).join('\n'));
}
