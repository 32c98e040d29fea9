import WebSocket from 'ws';

import { readBinaryFrame } from '@tapedeck/market/wire/binary/binary-decoder';
import { decodeDown } from '@tapedeck/market/wire/codec/codec';
import type { DownMessage } from '@tapedeck/market/wire/down';
import type { UpInput } from '@tapedeck/market/wire/up';
import { JSON_SUBPROTOCOL } from '@tapedeck/market/wire/version';

import { type MessageTest, TestInbox } from './test-inbox.ts';

/** Narrows a message to one type, for `next`. */
export const isType =
  <T extends DownMessage['type']>(type: T) =>
  (message: DownMessage): message is Extract<DownMessage, { type: T }> =>
    message.type === type;

/** A WebSocket client for tests. */
export class TestClient {
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #socket: WebSocket;
  readonly #inbox = new TestInbox();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data, isBinary) => {
      // The feed's messages must be the protocol's: a frame that does not parse fails the test.
      this.#inbox.add(isBinary ? decodeBytes(data as Buffer) : decodeDown(String(data as Buffer)));
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.#inbox.end();
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

  /** The next message that matches, dropping those before it. @throws when the connection ends first. */
  next<T extends DownMessage>(fits: MessageTest<T>): Promise<T> {
    return this.#inbox.next(fits);
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}

/** The messages of a binary frame, checked as strictly as those of a text frame. */
function decodeBytes(frame: Buffer): readonly DownMessage[] {
  const messages = readBinaryFrame(frame);
  return decodeDown(messages.map((message) => JSON.stringify(message)).join('\n'));
}
