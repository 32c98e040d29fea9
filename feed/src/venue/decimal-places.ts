import type { TextLevel } from '@tapedeck/market/book/text-level';
import { decimalPlaces } from '@tapedeck/market/number/decimal';

import type { VenueEvent } from './venue-event.ts';

/** The largest number of decimal places seen in prices and in sizes. */
export type DecimalPlaces = { readonly price: number; readonly size: number };

export const NO_PLACES: DecimalPlaces = { price: 0, size: 0 };

/** The most decimal places in an event; text that is not a number counts as 0. */
export function placesOf(event: VenueEvent): DecimalPlaces {
  switch (event.type) {
    case 'trade':
      return { price: safePlaces(event.price), size: safePlaces(event.size) };
    case 'ticker':
      return placesOfLevels([event.bid, event.ask]);
    case 'snapshot':
    case 'diff':
      return widerPlaces(placesOfLevels(event.bids), placesOfLevels(event.asks));
    case 'candle':
      return placesOfLevels([
        [event.open, event.volume],
        [event.high, event.buyVolume],
        [event.low, '0'],
        [event.close, '0'],
      ]);
    case 'quote':
    case 'check':
      return NO_PLACES;
  }
}

export function widerPlaces(a: DecimalPlaces, b: DecimalPlaces): DecimalPlaces {
  return { price: Math.max(a.price, b.price), size: Math.max(a.size, b.size) };
}

function placesOfLevels(levels: readonly TextLevel[]): DecimalPlaces {
  let price = 0;
  let size = 0;
  for (const level of levels) {
    price = Math.max(price, safePlaces(level[0]));
    size = Math.max(size, safePlaces(level[1]));
  }
  return { price, size };
}

function safePlaces(text: string): number {
  return /^-?\d+(\.\d*)?([eE][+-]?\d+)?$/.test(text) ? decimalPlaces(text) : 0;
}
