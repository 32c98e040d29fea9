/*
 * A test double of a venue: plays its markets, answers like the venue, and injects the faults of real ones. The
 * transport is separate: sockets on a port (`double-server.ts`), or none at all (`double-wire.ts`).
 */
import { type Cancel, type Clock, later } from '@tapedeck/market/time/clock';

import { CANDLE_REQUEST } from './double-candles.ts';
import type { DoubleFrame, DoubleMarket } from './double-market.ts';

type Heard = {
  readonly answers: readonly string[];
  readonly add: readonly string[];
  readonly remove: readonly string[];
  /** Ends the socket with this code. */
  readonly ends?: number;
};

/** A protocol's state for one socket. */
export type DoubleSocket<M extends DoubleMarket> = {
  hear(text: string, path: string, markets: ReadonlyMap<string, M>): Heard;
  /** A frame as it is sent on this socket. */
  out(text: string, stream: string): string;
};

/** One venue's protocol. */
export interface DoubleSpeech<M extends DoubleMarket> {
  isPath(path: string): boolean;
  /** A frame as sockets on that path send it, if that depends on the path. */
  dress?(text: string, path: string): string;
  hear(text: string, path: string, markets: ReadonlyMap<string, M>): Heard;
  /** A second subscription to a stream of the same socket gets no first message again. */
  readonly ignoresRepeats?: boolean;
  /** For a protocol with state per socket, in place of `hear`. */
  socket?(): DoubleSocket<M>;
  /** The first messages of a subscription. */
  first(stream: string, markets: ReadonlyMap<string, M>): readonly string[];
  /** The body of a response to a request, whose own body is `sent`; undefined for an unknown one. */
  rest(url: URL, markets: ReadonlyMap<string, M>, sent?: string): string | undefined;
}

export type DoubleClient = {
  readonly send: (text: string) => void;
  readonly close: (code: number) => void;
};

export type DoubleAnswer = {
  readonly status: number;
  readonly body: string;
  readonly retryAfter?: number | undefined;
  readonly delayMs: number;
};

/** The active faults. */
export type DoubleFaults = {
  /** Replaces a sent frame with any number of texts, some of them delayed. */
  frame?:
    | ((
        frame: DoubleFrame & { readonly path: string },
      ) => readonly { readonly text: string; readonly afterMs: number }[])
    | undefined;
  /** These streams are acknowledged and send nothing. */
  isMute?: ((stream: string) => boolean) | undefined;
  /** New subscriptions are acknowledged and stay silent. */
  isSilent?: boolean | undefined;
  /** Nothing is sent, subscriptions are not processed, pings are not answered. */
  isHalfOpen?: boolean | undefined;
  upgrades?: { readonly status: number; readonly retryAfter?: number } | undefined;
  requests?:
    | { readonly status: number; readonly retryAfter?: number; readonly body?: string }
    | undefined;
  requestDelayMs?: number | undefined;
  /** Of requests for candles only. */
  candles?: Partial<DoubleAnswer> | undefined;
  /** Requests for instruments get a 404. */
  hasNoInstruments?: boolean | undefined;
  /** Markets in which nothing happens. */
  halted?: ReadonlySet<string> | undefined;
  /** Markets that the venue does not list. */
  unlisted?: ReadonlySet<string> | undefined;
  /** Changes an answer with instruments. */
  instruments?: ((body: string) => string) | undefined;
};

const INSTRUMENTS =
  /exchangeInfo|AssetPairs|pub:info|instruments|trading-pairs|products(\/[^/]+)?$|"meta"/;
/** How often a halted market looks whether it is open again. */
const HALT_MS = 100;

type Line<M extends DoubleMarket> = {
  readonly socket: DoubleSocket<M> | undefined;
  readonly client: DoubleClient;
  readonly path: string;
  readonly streams: Set<string>;
  readonly isSilent: Set<string>;
};

export class DoubleVenue<M extends DoubleMarket = DoubleMarket> {
  readonly faults: DoubleFaults = {};
  /** Called on each event of a market, before its frames are sent. */
  onChange: ((market: DoubleMarket) => void) | undefined;
  readonly markets: ReadonlyMap<string, M>;
  /** Monotonic times of dials, received frames and requests. */
  readonly dials: number[] = [];
  readonly heard: number[] = [];
  /** Received texts, with their monotonic time. */
  readonly texts: { readonly at: number; readonly text: string }[] = [];
  /** `path` ends with the body of a POST. */
  readonly requests: { readonly at: number; readonly path: string }[] = [];
  readonly #clock: Clock;
  readonly #speech: DoubleSpeech<M>;
  readonly #lines = new Set<Line<M>>();
  readonly #cancels = new Map<M, Cancel>();

  constructor(clock: Clock, speech: DoubleSpeech<M>, markets: readonly M[]) {
    this.#clock = clock;
    this.#speech = speech;
    this.markets = new Map(markets.map((market) => [market.id, market]));
  }

  get lineCount(): number {
    return this.#lines.size;
  }

  start(): void {
    for (const market of this.markets.values()) this.#play(market);
  }

  stop(): void {
    for (const cancel of this.#cancels.values()) cancel();
  }

  /** A client dials. Its frames go to the returned `hear`; a refusal is returned as an answer with a status. */
  open(
    path: string,
    client: DoubleClient,
  ): { readonly hear: (text: string) => void; readonly gone: () => void } | DoubleAnswer {
    this.dials.push(this.#clock.monotonic());
    const { upgrades } = this.faults;
    if (upgrades !== undefined) return { body: '', delayMs: 0, ...upgrades };
    if (!this.#speech.isPath(path)) return { status: 404, body: '', delayMs: 0 };
    const socket = this.#speech.socket?.();
    const line: Line<M> = { socket, client, path, streams: new Set(), isSilent: new Set() };
    this.#lines.add(line);
    return { hear: (text) => this.#hear(line, text), gone: () => void this.#lines.delete(line) };
  }

  rest(path: string, sent?: string): DoubleAnswer {
    const asked = `${path} ${sent ?? ''}`.trimEnd();
    this.requests.push({ at: this.#clock.monotonic(), path: asked });
    const { requests, requestDelayMs = 0 } = this.faults;
    if (requests !== undefined) return { body: '{}', delayMs: requestDelayMs, ...requests };
    const { candles } = this.faults;
    if (candles !== undefined && CANDLE_REQUEST.test(asked))
      return { status: 200, body: '{}', delayMs: 0, ...candles };
    const url = new URL(path, 'http://double');
    const body = INSTRUMENTS.test(asked)
      ? this.#instruments(url, sent)
      : this.#speech.rest(url, this.markets, sent);
    return body === undefined
      ? { status: 404, body: '{"error":"NOT_FOUND","message":"no such path"}', delayMs: 0 }
      : { status: 200, body, delayMs: requestDelayMs };
  }

  get #listed(): ReadonlyMap<string, M> {
    const { unlisted } = this.faults;
    if (unlisted === undefined) return this.markets;
    return new Map([...this.markets].filter(([id]) => !unlisted.has(id)));
  }

  #instruments(url: URL, sent: string | undefined): string | undefined {
    const { hasNoInstruments, instruments } = this.faults;
    if (hasNoInstruments === true) return undefined;
    const body = this.#speech.rest(url, this.#listed, sent);
    return body === undefined ? undefined : (instruments?.(body) ?? body);
  }

  /** Counts a received frame, pings and pongs included. */
  hearFrame(): void {
    this.heard.push(this.#clock.monotonic());
  }

  /** Ends all sockets. */
  cut(code: number): void {
    for (const { client } of this.#lines) client.close(code);
    this.#lines.clear();
  }

  /** Ends the oldest socket. */
  cutOldest(code: number): void {
    const [line] = this.#lines;
    line?.client.close(code);
    if (line !== undefined) this.#lines.delete(line);
  }

  /** Sends to every socket, whatever it has subscribed. */
  say(text: string): void {
    for (const { client } of this.#lines) client.send(text);
  }

  #hear(line: Line<M>, text: string): void {
    this.hearFrame();
    this.texts.push({ at: this.#clock.monotonic(), text });
    if (this.faults.isHalfOpen === true) return;
    const speech = line.socket ?? this.#speech;
    const { answers, add, remove, ends } = speech.hear(text, line.path, this.#listed);
    if (ends !== undefined) {
      this.#lines.delete(line);
      line.client.close(ends);
      return;
    }
    for (const answer of answers) line.client.send(line.socket?.out(answer, '') ?? answer);
    for (const stream of remove) line.streams.delete(stream);
    for (const stream of add) {
      if (this.#speech.ignoresRepeats === true && line.streams.has(stream)) continue;
      line.streams.add(stream);
      line.isSilent.delete(stream);
      if (this.faults.isSilent === true) {
        line.isSilent.add(stream);
        continue;
      }
      for (const first of this.#speech.first(stream, this.#listed))
        this.#send(line, { stream, text: first });
    }
  }

  /** From due time to due time, so that the delays of timers do not add up. */
  #play(market: M, from = this.#clock.monotonic()): void {
    if (this.faults.halted?.has(market.id) === true) {
      market.startAt(market.eventTime + HALT_MS);
      this.#cancels.set(
        market,
        this.#clock.after(HALT_MS, () => this.#play(market, later(from, HALT_MS))),
      );
      return;
    }
    const { afterMs, happen } = market.next();
    const due = later(from, afterMs);
    const cancel = this.#clock.after(Math.max(0, due - this.#clock.monotonic()), () => {
      const frames = happen();
      this.onChange?.(market);
      for (const frame of frames) {
        for (const line of this.#lines)
          if (line.streams.has(frame.stream) && !line.isSilent.has(frame.stream))
            this.#send(line, frame);
      }
      this.#play(market, due);
    });
    this.#cancels.set(market, cancel);
  }

  #send(line: Line<M>, { stream, text: plain }: DoubleFrame): void {
    if (this.faults.isMute?.(stream) === true) return;
    const frame = { stream, text: line.socket?.out(plain, stream) ?? plain };
    if (this.faults.isHalfOpen === true) return;
    const dressed = this.#speech.dress?.(frame.text, line.path) ?? frame.text;
    const sent = { stream: frame.stream, text: dressed, path: line.path };
    const texts = this.faults.frame?.(sent) ?? [{ text: dressed, afterMs: 0 }];
    for (const { text, afterMs } of texts) {
      if (afterMs === 0) line.client.send(text);
      else this.#clock.after(afterMs, () => this.#lines.has(line) && line.client.send(text));
    }
  }
}
