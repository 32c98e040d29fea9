import { createParser } from 'eventsource-parser';

import { must } from '@tapedeck/market/number/assert';
import { decodeDown } from '@tapedeck/market/wire/codec/codec';
import type { DownMessage, HelloMessage } from '@tapedeck/market/wire/down';
import type { UpInput } from '@tapedeck/market/wire/up';

import { type MessageTest, TestInbox } from './test-inbox.ts';

/** A client of `GET /v1/stream/sse` for tests. */
export class SseTestClient {
  readonly response: Response;
  /** The close event, or undefined if the stream ended without one. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string } | undefined>;
  /** The last `retry:`. */
  retry: number | undefined;
  /** The frames received: each event is one. */
  readonly frames: string[] = [];
  readonly #abort: AbortController;
  readonly #base: string;
  readonly #inbox = new TestInbox();
  #hello: HelloMessage | undefined;

  private constructor(base: string, response: Response, abort: AbortController) {
    this.#base = base;
    this.response = response;
    this.#abort = abort;
    this.closed = this.#read();
  }

  /** @throws if the feed refuses, with its answer as the message. */
  static async open(base: string, query = '', headers: Record<string, string> = {}) {
    const abort = new AbortController();
    const response = await fetch(`${base}/v1/stream/sse${query}`, {
      headers,
      signal: abort.signal,
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return new SseTestClient(base, response, abort);
  }

  get hello(): HelloMessage {
    return must(this.#hello, 'hello');
  }

  /** Sends messages as a request; returns its status. */
  async send(...messages: readonly UpInput[]): Promise<number> {
    if (this.#hello === undefined) await this.next((message) => message.type === 'hello');
    const { connection, key } = this.hello;
    return this.sendAs(
      connection,
      key ?? '',
      messages.map((each) => JSON.stringify(each)).join('\n'),
    );
  }

  async sendAs(connection: string, key: string, body: string): Promise<number> {
    const response = await fetch(`${this.#base}/v1/stream/sse/${connection}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'stream-key': key },
      body,
    });
    await response.text();
    return response.status;
  }

  /** The next message that matches, dropping those before it. @throws when the stream ends first. */
  next<T extends DownMessage>(fits: MessageTest<T>): Promise<T> {
    return this.#inbox.next(fits);
  }

  /** Leaves like a closed page. */
  leave(): void {
    this.#abort.abort();
  }

  async #read(): Promise<{ readonly code: number; readonly reason: string } | undefined> {
    let close: { readonly code: number; readonly reason: string } | undefined;
    const parser = createParser({
      onRetry: (ms) => (this.retry = ms),
      onEvent: ({ event, data }) => {
        if (event === 'close') close = JSON.parse(data) as typeof close;
        else this.#take(data);
      },
    });
    try {
      for await (const chunk of must(this.response.body, 'body'))
        parser.feed(Buffer.from(chunk as Uint8Array).toString());
    } catch {
      // Left, or torn down.
    }
    this.#inbox.end();
    return close;
  }

  #take(frame: string): void {
    this.frames.push(frame);
    // The feed's messages must be the protocol's: a frame that does not parse fails the test.
    const messages = decodeDown(frame);
    for (const message of messages) if (message.type === 'hello') this.#hello = message;
    this.#inbox.add(messages);
  }
}
