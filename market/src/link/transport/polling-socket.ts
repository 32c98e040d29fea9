/*
 * A socket that polls (P32, P32c): every two seconds it requests all subscribed channels and turns the responses into
 * protocol messages, so that the link treats it like any other socket. A 304 becomes a heartbeat, because it proves
 * the same.
 *
 * It never passes on unproven data: it drops a response from a cache, whose `Feed-Monotonic` is not later than the
 * one before, and ends on the first failed request.
 */
import type { ChannelInstrument } from '../../instrument/instrument.ts';
import type { EpochMs } from '../../number/level.ts';
import type { Cancel, Clock } from '../../time/clock.ts';
import { parseChannel } from '../../wire/channel.ts';
import type { DownMessage } from '../../wire/down.ts';
import { ERRORS } from '../../wire/error-code.ts';
import type { UpMessage } from '../../wire/up.ts';
import { PROTOCOL_VERSION } from '../../wire/version.ts';
import { AnswerOrder } from './answer-order.ts';
import { errorOf, tellRefusal } from './feed-refusal.ts';
import { below, type HttpAnswer, type HttpPort } from './http-port.ts';
import type { LinkSocket, SocketEvents } from './link-socket.ts';
import { PolledChannel, type PolledTicker } from './polled-channel.ts';

/** Period of polls. */
export const POLL_MS = 2_000;
const TIME_HEADER = 'Feed-Time';
const HEARD_HEADER = 'Feed-Heard';
const UNCHANGED = 304;
/** A longer list of symbols requests all tickers instead, because the feed accepts 2,000 characters. */
const MAX_SYMBOLS = 1_500;

export type PollingOptions = {
  readonly http: HttpPort;
  readonly clock: Clock;
  /** The feed's address, with the token in its query if one is needed. */
  readonly url: string;
};

type Health = { readonly epoch: string; readonly build: string; readonly now: number };

/** Starts polling the feed at `url`. */
export function openPolling(options: PollingOptions, events: SocketEvents): LinkSocket {
  const socket = new PollingSocket(options, events);
  socket.start();
  return socket;
}

class PollingSocket implements LinkSocket {
  readonly #options: PollingOptions;
  readonly #events: SocketEvents;
  readonly #channels = new Map<number, PolledChannel>();
  #grids: ReadonlyMap<string, ChannelInstrument> = new Map();
  #epoch = '';
  #lastId = 0;
  #tickersTag: string | undefined;
  /** Symbols of the newest response, in order. */
  #tickerOrder: readonly string[] = [];
  readonly #tickersOrder = new AnswerOrder();
  #isAskingTickers = false;
  #isOver = false;
  #cancel: Cancel = () => {};

  constructor(options: PollingOptions, events: SocketEvents) {
    this.#options = options;
    this.#events = events;
  }

  start(): void {
    this.#run(this.#greet());
  }

  /** `hello` is built from two requests: the feed's identity and its instruments. */
  async #greet(): Promise<void> {
    const [health, instruments] = await Promise.all([
      this.#ask('/healthz'),
      this.#ask('/v1/instruments'),
    ]);
    if (health === undefined || instruments === undefined) return;
    const { epoch, build, now } = JSON.parse(health.body) as Health;
    const listed = JSON.parse(instruments.body) as { instruments: readonly ChannelInstrument[] };
    this.#grids = new Map(listed.instruments.map((grid) => [grid.symbol, grid]));
    this.#epoch = epoch;
    this.#events.opened();
    this.#tell([
      {
        type: 'hello',
        version: PROTOCOL_VERSION,
        epoch,
        connection: 'polling',
        now,
        heartbeatMs: POLL_MS,
        mode: 'live',
        build,
        limits: { messagesPerSecond: 10, channels: 128, frameBytes: 16_384 },
      },
    ]);
    this.#cancel = this.#options.clock.every(POLL_MS, () => this.#poll());
  }

  send(text: string): void {
    if (this.#isOver) return;
    const message = JSON.parse(text) as UpMessage;
    switch (message.type) {
      case 'subscribe':
        this.#subscribe(message);
        return;
      case 'unsubscribe':
        for (const id of message.channels) this.#channels.delete(id);
        this.#tell([{ ...withId(message.id), type: 'unsubscribed', channels: message.channels }]);
        return;
      case 'resync':
        for (const id of message.channels) {
          const channel = this.#channels.get(id);
          channel?.forget();
          if (channel?.parsed.kind === 'ticker') this.#tickersTag = undefined;
        }
        this.#poll();
        return;
      case 'ping':
        this.#run(this.#ping(message.id));
        return;
      case 'replay':
        this.#refuse('badReplayCommand', 'a replay needs a WebSocket or a stream', message.id);
        return;
      case 'ack':
    }
  }

  drop(): void {
    this.#isOver = true;
    this.#cancel();
  }

  #subscribe({ id, channels, since }: Extract<UpMessage, { type: 'subscribe' }>): void {
    const followed = new Set([...this.#channels.values()].map(({ name }) => name));
    for (const name of channels) {
      const parsed = parseChannel(name);
      if (typeof parsed === 'string') {
        this.#refuse('unknown', parsed, id);
        continue;
      }
      const grid = this.#grids.get(parsed.symbol);
      if (grid === undefined) {
        this.#refuse('unknown', `unknown symbol ${parsed.symbol}`, id);
        continue;
      }
      // The client repeated the subscribe because the first response is slow: that response is enough.
      if (followed.has(name)) continue;
      const number = ++this.#lastId;
      this.#channels.set(
        number,
        new PolledChannel({ id: number, name, parsed, grid, request: id, since: since?.[name] }),
      );
      if (parsed.kind === 'ticker') this.#tickersTag = undefined;
    }
    this.#poll();
  }

  #poll(): void {
    const tickers: PolledChannel[] = [];
    for (const channel of this.#channels.values()) {
      if (channel.parsed.kind === 'ticker') tickers.push(channel);
      else this.#run(this.#pollChannel(channel));
    }
    if (tickers.length > 0) this.#run(this.#pollTickers(tickers));
  }

  async #pollChannel(channel: PolledChannel): Promise<void> {
    if (channel.isAsking) return;
    channel.isAsking = true;
    const { path, query } = channel.question();
    // `since` changes with every response, so an ETag would not match and would cost browsers a preflight.
    const tag = channel.parsed.kind === 'trades' ? undefined : channel.tag;
    const answer = await this.#ask(path, query, tag);
    channel.isAsking = false;
    const isFollowed = this.#channels.get(channel.id) === channel;
    if (answer === undefined || this.#isOver || !isFollowed) return;
    const now = timeOf(answer);
    if (answer.status === UNCHANGED || answer.status === 200) {
      if (now === undefined || !channel.order.isNext(answer)) return;
      if (answer.status === UNCHANGED) {
        this.#tell(channel.unchanged(now, heardOf(answer)[0]));
        return;
      }
      this.#tell(channel.take(answer.body, now, heardOf(answer)[0]));
      channel.tag = answer.header('ETag') ?? undefined;
      if (channel.hasMore) this.#run(this.#pollChannel(channel));
      return;
    }
    const error = errorOf(answer);
    if (error?.code === ERRORS.notReady.code) this.#tell(channel.notReady());
    else if (error?.code === ERRORS.unknown.code) {
      this.#channels.delete(channel.id);
      this.#refuse('unknown', error.message, channel.request);
    } else this.#over(() => tellRefusal(answer, this.#events));
  }

  async #pollTickers(channels: readonly PolledChannel[]): Promise<void> {
    if (this.#isAskingTickers) return;
    this.#isAskingTickers = true;
    const symbols = channels.map(({ parsed }) => parsed.symbol).join(',');
    const query: Readonly<Record<string, string>> = symbols.length > MAX_SYMBOLS ? {} : { symbols };
    const answer = await this.#ask('/v1/tickers', query, this.#tickersTag);
    this.#isAskingTickers = false;
    if (answer === undefined || this.#isOver) return;
    const now = timeOf(answer);
    if (answer.status !== UNCHANGED && answer.status !== 200) {
      this.#over(() => tellRefusal(answer, this.#events));
      return;
    }
    if (now === undefined || !this.#tickersOrder.isNext(answer)) return;
    if (answer.status === UNCHANGED) {
      const heard = heardOf(answer);
      this.#tell(
        channels.flatMap((channel) =>
          channel.unchanged(now, heard[this.#tickerOrder.indexOf(channel.parsed.symbol)]),
        ),
      );
      return;
    }
    this.#tickersTag = answer.header('ETag') ?? undefined;
    const { tickers } = JSON.parse(answer.body) as { tickers: readonly PolledTicker[] };
    this.#tickerOrder = tickers.map(({ symbol }) => symbol);
    const bySymbol = new Map(tickers.map((ticker) => [ticker.symbol, ticker]));
    this.#tell(
      channels.flatMap((channel) => {
        const ticker = bySymbol.get(channel.parsed.symbol);
        const isFollowed = this.#channels.get(channel.id) === channel;
        return ticker === undefined || !isFollowed ? [] : channel.takeTicker(ticker, now);
      }),
    );
  }

  /** A separate round trip, which also detects that the feed has restarted. */
  async #ping(id: number | undefined): Promise<void> {
    const answer = await this.#ask('/healthz');
    if (answer === undefined) return;
    const { epoch, now } = JSON.parse(answer.body) as Health;
    if (epoch === this.#epoch) this.#tell([{ ...withId(id), type: 'pong', now }]);
    else this.#over(() => this.#events.failed('the feed has restarted'));
  }

  /** Undefined if the request ended the socket, or the socket had already ended. */
  async #ask(
    path: string,
    query: Readonly<Record<string, string>> = {},
    tag?: string,
  ): Promise<HttpAnswer | undefined> {
    const { http, url } = this.#options;
    try {
      const headers = tag === undefined ? {} : { 'If-None-Match': tag };
      const answer = await http.request(below(url, path, query), { headers });
      const isRead = path !== '/healthz' && path !== '/v1/instruments';
      if (answer.status === 200 || isRead) return this.#isOver ? undefined : answer;
      this.#over(() => tellRefusal(answer, this.#events));
    } catch {
      this.#over(() => this.#events.failed('the feed cannot be reached'));
    }
    return undefined;
  }

  #refuse(name: 'unknown' | 'badReplayCommand', message: string, id: number | undefined): void {
    const { code, temporary } = ERRORS[name];
    this.#tell([{ ...withId(id), type: 'error', code, message, temporary }]);
  }

  #tell(messages: readonly DownMessage[]): void {
    if (this.#isOver || messages.length === 0) return;
    this.#events.frame(messages.map((message) => JSON.stringify(message)).join('\n'));
  }

  /** An invalid response ends the socket, because updates may be missing. */
  #run(task: Promise<void>): void {
    task.catch((error: unknown) =>
      this.#over(() => this.#events.failed(`an answer was unreadable: ${String(error)}`)),
    );
  }

  #over(tell: () => void): void {
    if (this.#isOver) return;
    this.drop();
    tell();
  }
}

function timeOf(answer: HttpAnswer): EpochMs | undefined {
  const time = Number(answer.header(TIME_HEADER) ?? Number.NaN);
  return Number.isSafeInteger(time) ? time : undefined;
}

/** `Feed-Heard` of the response's markets, in order (P20b); empty for a feed without that header. */
function heardOf(answer: HttpAnswer): readonly (number | undefined)[] {
  const text = answer.header(HEARD_HEADER) ?? '';
  return text.split(',').map((each) => (/^\d+$/.test(each) ? Number(each) : undefined));
}

function withId(id: number | undefined): { readonly id?: number } {
  return id === undefined ? {} : { id };
}
