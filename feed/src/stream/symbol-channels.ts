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

  delete(channel: StreamChannel): void {
    for (const some of [this.all, this.byBook, this.byTrade]) some.delete(channel);
  }
}
