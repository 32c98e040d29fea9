/*
 * Sends resyncs (P9). Channels that one frame made untrusted share one message per reason, because the feed limits
 * the message rate (P23). `channel-state.ts` decides when each channel resyncs.
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

  /** Number of channel resyncs since the link was created. */
  get count(): number {
    return this.#count;
  }

  /** Resyncs the channel with feed id `id`: now, or at the end of the enclosing `together`. */
  ask({ mirror }: LinkChannel, id: number): void {
    this.#count++;
    const reason = mirror === undefined ? 'gap' : (mirror.doubt ?? 'missing');
    const others = this.#gathered?.get(reason);
    if (this.#gathered === undefined) this.#send(reason, [id]);
    else if (others === undefined) this.#gathered.set(reason, [id]);
    else others.push(id);
  }

  /** Batches all resyncs requested within `work`. */
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
