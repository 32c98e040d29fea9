/*
 * Follows channels through the dashboard's own link: market data goes to one writer, the state of the link to
 * another. It ends only after a count or a time, when the feed cannot be reached at all, or when the feed refuses it.
 */
import { FeedLink } from '@tapedeck/market/link/feed-link';
import type { ChannelPhase, LinkChannel } from '@tapedeck/market/link/link-channel';
import type { LinkListener } from '@tapedeck/market/link/link-listener';
import type { LinkState } from '@tapedeck/market/link/link-state';
import type { Dial } from '@tapedeck/market/link/transport/link-socket';
import type { Random } from '@tapedeck/market/number/random';
import type { Cancel, Clock } from '@tapedeck/market/time/clock';
import { readWireFrame } from '@tapedeck/market/wire/codec/wire-frame';
import type { DownMessage } from '@tapedeck/market/wire/down';

import { UsageError } from './cli-error.ts';
import { bookLine, candleLine, tickerLine, tradeLines } from './tail-lines.ts';

export type TailOptions = {
  readonly clock: Clock;
  readonly random: Random;
  readonly dial: Dial;
  /** The feed's address, for messages about the link. */
  readonly url: string;
  readonly channels: readonly string[];
  /** Protocol messages instead of lines for a person. */
  readonly isJson: boolean;
  /** Ends after this many messages or lines of market data. */
  readonly count: number | undefined;
  readonly durationMs: number | undefined;
  readonly print: (line: string) => void;
  readonly tell: (what: string) => void;
};

const DATA: ReadonlySet<DownMessage['type']> = new Set([
  'book-snapshot',
  'book-delta',
  'trades',
  'ticker',
  'candle',
]);

export class Tail {
  readonly done: Promise<void>;
  readonly #options: TailOptions;
  readonly #link: FeedLink;
  readonly #phases = new Map<LinkChannel, ChannelPhase>();
  #end: (error?: Error) => void = () => {};
  #cancelEnd: Cancel = () => {};
  #printed = 0;
  #connects = 0;
  #isOver = false;

  constructor(options: TailOptions) {
    this.#options = options;
    const { clock, random, dial, channels, durationMs } = options;
    this.done = new Promise((resolve, reject) => {
      this.#end = (error) => (error === undefined ? resolve() : reject(error));
    });
    this.#link = new FeedLink({
      clock,
      random,
      dial,
      decode: (frame) => {
        const messages = readWireFrame(frame);
        if (options.isJson) for (const message of messages) this.#printMessage(message);
        return messages;
      },
      listener: this.#listener(),
    });
    for (const channel of channels) this.#link.subscribe(channel);
    if (durationMs !== undefined) this.#cancelEnd = clock.after(durationMs, () => this.stop());
    this.#link.start();
  }

  /** Ends it, on request. */
  stop(): void {
    this.#finish();
  }

  #finish(error?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelEnd();
    this.#link.stop();
    this.#end(error);
  }

  #listener(): LinkListener {
    const { tell, isJson } = this.#options;
    return {
      onState: (state) => this.#onState(state),
      onHello: ({ build, epoch, mode }) => {
        const again = this.#connects++ > 0 ? ' again' : '';
        tell(`connected${again} to ${this.#options.url} (${mode}, build ${build}, epoch ${epoch})`);
      },
      onFrame: () => {},
      onBook: (channel, outcome) => {
        const { gap, book } = channel.mirror ?? {};
        if (outcome === 'gap')
          tell(`${channel.name}: gap ${gap?.from} -> ${gap?.to}, requesting a snapshot`);
        if (outcome === 'checksum')
          tell(`${channel.name}: wrong checksum at ${book?.sequence}, requesting a snapshot`);
        if (outcome === 'applied') {
          this.#follow(channel);
          if (!isJson) this.#print(bookLine(channel));
        }
      },
      onTrades: (channel, message, lost, isNew) => {
        const before = this.#phases.get(channel);
        this.#follow(channel);
        if (lost > 0) tell(`${channel.name}: lost ${lost} trades`);
        else if (before === 'awaiting' && this.#connects > 1)
          tell(`${channel.name}: ${isNew ? 'new epoch' : 'resumed, nothing lost'}`);
        if (!isJson) for (const line of tradeLines(channel, message)) this.#print(line);
      },
      onTicker: (channel, message) => {
        this.#follow(channel);
        if (!isJson) this.#print(tickerLine(channel, message));
      },
      onCandle: (channel, message) => {
        this.#follow(channel);
        if (!isJson) this.#print(candleLine(channel, message));
      },
      onChannel: (channel) => {
        if (channel.subscription === 'refused')
          this.#finish(new UsageError(`${channel.name}: ${channel.detail}`));
        else this.#follow(channel);
      },
      onMessage: (message) => {
        if (message.type !== 'tier') return;
        if (message.to === 'requested') tell('the feed resends everything');
        else
          tell(`the feed slowed this connection to ${message.to}: ${message.lagMs ?? 0} ms behind`);
      },
      onLostFrame: () => tell('a frame was unreadable: requesting every book again'),
    };
  }

  #onState(state: LinkState): void {
    const { tell, url, clock } = this.#options;
    for (const channel of this.#link.channels) this.#phases.set(channel, channel.phase);
    if (state.kind === 'closed')
      this.#finish(
        new Error(`the feed at ${url} closed the link: ${state.reason} (${state.code})`),
      );
    if (state.kind !== 'waiting') return;
    if (this.#connects === 0) {
      this.#finish(new Error(`cannot reach a feed at ${url}: ${state.reason}`));
      return;
    }
    const seconds = Math.max(0, (state.retryAt - clock.now()) / 1_000).toFixed(1);
    tell(`cut: ${state.reason}; the output above is old, retrying in ${seconds} s`);
  }

  /** Reports a channel's state when it changes. */
  #follow(channel: LinkChannel): void {
    const { phase, name, detail } = channel;
    const before = this.#phases.get(channel);
    this.#phases.set(channel, phase);
    if (before === undefined || before === phase) return;
    if (phase === 'stale' || phase === 'halted') this.#options.tell(`${name}: ${phase}, ${detail}`);
    // A trade's line says more, and the first value is not worth a line.
    else if (phase === 'ok' && before !== 'awaiting') this.#options.tell(`${name}: ok again`);
  }

  /** As it came, even if it does not apply: the reader of `--json` applies the rules. */
  #printMessage(message: DownMessage): void {
    // Answers to this link's own pings.
    if (message.type === 'pong' || this.#isOver) return;
    this.#options.print(JSON.stringify(message));
    if (DATA.has(message.type)) this.#count();
  }

  #print(line: string): void {
    if (this.#isOver) return;
    this.#options.print(line);
    this.#count();
  }

  #count(): void {
    this.#printed++;
    if (this.#printed === this.#options.count) this.#finish();
  }
}
