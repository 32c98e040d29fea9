import type { MarketEvent } from '@tapedeck/market/instrument/market-event';
import type { EpochMs } from '@tapedeck/market/number/level';

/** Orders the events of a slot by market time; a stable sort then keeps each symbol's own order. */
export function byTime(a: MarketEvent, b: MarketEvent): number {
  return timeOf(a) - timeOf(b);
}

function timeOf(event: MarketEvent): EpochMs {
  switch (event.type) {
    case 'instrument':
      // Belongs to the snapshot that follows it: it must stay in front.
      return -Infinity;
    case 'headline':
    case 'status':
      return event.time;
    default:
      return event.eventTime;
  }
}
