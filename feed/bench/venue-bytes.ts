import { DecimalScale } from '@tapedeck/market/number/decimal';

import type { FanoutStream } from './fanout-stream.ts';

const PERIOD_MS = 100;
const ANY_TIME = 1_760_000_000_000;

/**
 * Bytes per second of one symbol in the form of Binance's public streams: every changed level of the whole book each
 * 100 ms as decimal text, and each trade by itself, of the same market.
 */
export function venueBytes({ instruments, events }: FanoutStream, seconds: number): number {
  const [instrument] = instruments;
  if (instrument === undefined) return 0;
  const { symbol } = instrument;
  const [price, size] = [
    new DecimalScale(instrument.tickSize),
    new DecimalScale(instrument.lotSize),
  ];
  let bytes = 0;
  let window = 0;
  let first = 1;
  let last = 0;
  const changed = { bids: new Map<number, number>(), asks: new Map<number, number>() };
  const side = (levels: ReadonlyMap<number, number>): string[][] =>
    [...levels].map(([ticks, lots]) => [price.toText(ticks), size.toText(lots)]);
  const say = (message: object): void => void (bytes += JSON.stringify(message).length);
  const flush = (): void => {
    if (changed.bids.size + changed.asks.size === 0) return;
    const [b, a] = [side(changed.bids), side(changed.asks)];
    say({ e: 'depthUpdate', E: ANY_TIME, s: 'BTCUSD', U: first, u: last, b, a });
    first = last + 1;
    changed.bids.clear();
    changed.asks.clear();
  };
  for (const { at, event } of events) {
    if (event.symbol !== symbol || at >= seconds * 1_000) continue;
    for (; at >= (window + 1) * PERIOD_MS; window++) flush();
    if (event.type === 'trade') {
      const [p, q] = [price.toText(event.priceTicks), size.toText(event.sizeLots)];
      const m = event.aggressor === 'sell';
      say({ e: 'trade', E: ANY_TIME, s: 'BTCUSD', t: last, p, q, T: ANY_TIME, m, M: true });
      continue;
    }
    last++;
    for (const [ticks, lots] of event.bids) changed.bids.set(ticks, lots);
    for (const [ticks, lots] of event.asks) changed.asks.set(ticks, lots);
  }
  return bytes / seconds;
}
