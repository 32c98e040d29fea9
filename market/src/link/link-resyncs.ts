/*
 * Asking for what was lost (P9): each channel by itself, again until it came, but what one frame put into doubt in as few
 * messages as there are reasons, because the feed counts messages (P23).
 */
import { type Clock, later } from '../clock.ts';
import type { Random } from '../random.ts';
import type { ResyncReason, UpInput } from '../wire/up.ts';
import { resyncDelayMs } from './backoff.ts';
import type { LinkChannel } from './link-channel.ts';

export type LinkResyncsOptions = {
  readonly clock: Clock;
  readonly random: Random;
  readonly send: (message: UpInput) => boolean;
  readonly nextId: () => number;
  /** Whether the feed still knows the channel by its number. */
  readonly isFollowed: (channel: LinkChannel) => boolean;
  readonly onAsked: (channel: LinkChannel) => void;
};

export class LinkResyncs {
  readonly #options: LinkResyncsOptions;
  #gathered: Map<ResyncReason, number[]> | undefined;
  #count = 0;

  constructor(options: LinkResyncsOptions) {
    this.#options = options;
  }

  /** Channels asked for since the link was made. */
  get count(): number {
    return this.#count;
  }

  /** The channel is in doubt: it is asked for, unless that is under way. */
  doubt(channel: LinkChannel): void {
    if (channel.resyncAt !== undefined && channel.resyncAttempt > 0) return;
    this.#ask(channel);
  }

  /** Asks after `delayMs`, unless the channel has come right by then. */
  arm(channel: LinkChannel, delayMs: number): void {
    const { clock } = this.#options;
    const due = later(clock.monotonic(), delayMs);
    channel.resyncAt = due;
    clock.after(delayMs, () => {
      // Recovered, cut or armed anew in the meantime.
      if (channel.resyncAt !== due) return;
      if (channel.mirror?.state === 'ok') this.recovered(channel);
      else this.#ask(channel);
    });
  }

  recovered(channel: LinkChannel): void {
    channel.resyncAttempt = 0;
    channel.resyncAt = undefined;
  }

  /** What falls into doubt within `work` is asked for together. */
  together(work: () => void): void {
    const gathered = new Map<ResyncReason, number[]>();
    this.#gathered = gathered;
    work();
    this.#gathered = undefined;
    for (const [reason, channels] of gathered) this.#send(reason, channels);
  }

  #ask(channel: LinkChannel): void {
    if (channel.id === undefined || !this.#options.isFollowed(channel)) return;
    this.#count++;
    channel.resyncAttempt++;
    const reason = channel.mirror === undefined ? 'gap' : (channel.mirror.doubt ?? 'missing');
    const others = this.#gathered?.get(reason);
    if (this.#gathered === undefined) this.#send(reason, [channel.id]);
    else if (others === undefined) this.#gathered.set(reason, [channel.id]);
    else others.push(channel.id);
    this.arm(channel, resyncDelayMs(channel.resyncAttempt, this.#options.random));
    this.#options.onAsked(channel);
  }

  #send(reason: ResyncReason, channels: number[]): void {
    const { send, nextId } = this.#options;
    send({ type: 'resync', id: nextId(), channels, reason });
  }
}
