/*
 * Asking for what was lost (P9): each channel by itself, but what one frame put into doubt in as few messages as there are
 * reasons, because the feed counts messages (P23). When to ask, and when again, is the channel's own (`channel-state.ts`).
 */
import type { ResyncReason, UpInput } from '../wire/up.ts';
import type { LinkChannel } from './link-channel.ts';

export type LinkResyncsOptions = {
  readonly send: (message: UpInput) => boolean;
  readonly nextId: () => number;
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

  /** Asks for the channel, which the feed knows as `id`: now, or at the end of the work that is done `together`. */
  ask({ mirror }: LinkChannel, id: number): void {
    this.#count++;
    const reason = mirror === undefined ? 'gap' : (mirror.doubt ?? 'missing');
    const others = this.#gathered?.get(reason);
    if (this.#gathered === undefined) this.#send(reason, [id]);
    else if (others === undefined) this.#gathered.set(reason, [id]);
    else others.push(id);
  }

  /** What is asked for within `work` is asked for together. */
  together(work: () => void): void {
    const gathered = new Map<ResyncReason, number[]>();
    this.#gathered = gathered;
    work();
    this.#gathered = undefined;
    for (const [reason, channels] of gathered) this.#send(reason, channels);
  }

  #send(reason: ResyncReason, channels: number[]): void {
    const { send, nextId } = this.#options;
    send({ type: 'resync', id: nextId(), channels, reason });
  }
}
