import type { EpochMs } from '@tapedeck/market/number/level';
import type { Channel } from '@tapedeck/market/wire/channel';

import type { SymbolMarket } from '../../engine/symbol-market.ts';
import { BookChannel } from './book-channel.ts';
import { CandleChannel } from './candle-channel.ts';
import type { StreamChannel } from './stream-channel.ts';
import { TickerChannel } from './ticker-channel.ts';
import type { TradeArchive } from './trade-resume.ts';
import { TradesChannel } from './trades-channel.ts';

/** The channel of this name for this market; only trades need the archive (P17), only candles the market's clock. */
export function makeChannel(
  id: number,
  name: string,
  parsed: Channel,
  market: SymbolMarket,
  archive: TradeArchive | undefined,
  time: () => EpochMs,
): StreamChannel {
  switch (parsed.kind) {
    case 'book':
      return new BookChannel(id, name, parsed, market);
    case 'trades':
      return new TradesChannel(id, name, parsed, market, archive);
    case 'candles':
      return new CandleChannel(id, name, parsed, market, time);
    case 'ticker':
      return new TickerChannel(id, name, parsed, market);
  }
}
