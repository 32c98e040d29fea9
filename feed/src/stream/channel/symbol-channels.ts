import type { StreamChannel } from './stream-channel.ts';

/** The channels of one symbol, by what they listen to. */
export class SymbolChannels {
  readonly all = new Set<StreamChannel>();
  readonly byBook = new Set<StreamChannel>();
  readonly byTrade = new Set<StreamChannel>();

  add(channel: StreamChannel): void {
    this.all.add(channel);
    const { kind } = channel.channel;
    if (kind === 'book' || kind === 'ticker') this.byBook.add(channel);
    if (kind !== 'book') this.byTrade.add(channel);
  }

  /** After a change of subscribers: the fastest book with subscribers leads all other channels. */
  lead(): void {
    let leader: StreamChannel | undefined;
    for (const channel of this.byBook)
      if (
        channel.channel.kind === 'book' &&
        channel.subscribers.size > 0 &&
        channel.periodMs < (leader?.periodMs ?? Infinity)
      )
        leader = channel;
    for (const channel of this.all)
      channel.leader = channel.channel.kind === 'book' ? undefined : leader;
  }

  delete(channel: StreamChannel): void {
    for (const some of [this.all, this.byBook, this.byTrade]) some.delete(channel);
  }
}
