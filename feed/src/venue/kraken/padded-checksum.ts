/*
 * Kraken's checksum is taken over numbers with all decimal places of the instrument. A recorder that parses frames and
 * writes them again drops trailing zeros: the decimal places are then those with which the first checksum holds.
 */
import type { TextLevel } from '@tapedeck/market/book/text-level';
import { krakenChecksum } from '@tapedeck/market/book/venue-checksum';
import { plainDecimal } from '@tapedeck/market/number/decimal';

import type { DecimalPlaces } from '../decimal-places.ts';

const MOST_PLACES = 12;

export class PaddedChecksum {
  #places: DecimalPlaces | undefined;

  holds(asks: readonly TextLevel[], bids: readonly TextLevel[], expected: number): boolean {
    if (krakenChecksum(asks, bids) === expected) return true;
    const sum = (places: DecimalPlaces): number =>
      krakenChecksum(padded(asks, places), padded(bids, places));
    if (this.#places !== undefined) return sum(this.#places) === expected;
    for (let price = 0; price <= MOST_PLACES; price++) {
      for (let size = 0; size <= MOST_PLACES; size++) {
        if (sum({ price, size }) !== expected) continue;
        this.#places = { price, size };
        return true;
      }
    }
    return false;
  }
}

function padded(levels: readonly TextLevel[], { price, size }: DecimalPlaces): TextLevel[] {
  return levels.map((level) => [fixed(level[0], price), fixed(level[1], size)]);
}

/** With at least so many decimal places. */
function fixed(text: string, places: number): string {
  const [whole = '', fraction = ''] = plainDecimal(text).split('.');
  const all = fraction.padEnd(places, '0');
  return all === '' ? whole : `${whole}.${all}`;
}
