import type { StateReason } from '@tapedeck/market/instrument/instrument';

import type { VenueInstrument } from '../../../venue/live-venue.ts';

type Listed = Pick<VenueInstrument, 'status' | 'says'> | undefined;

/** Why a market is halted, by what its venue lists; undefined if it is open. */
export function haltOf(listed: Listed): Extract<StateReason, 'halt' | 'delisted'> | undefined {
  if (listed === undefined || listed.status === 'gone') return 'delisted';
  return listed.status === 'halted' ? 'halt' : undefined;
}

/** The same for people; undefined if it is open. */
export function listingText(listed: Listed): string | undefined {
  if (listed === undefined) return 'delisted: the venue does not list it any more';
  const word = listed.says === undefined ? '' : ` ("${listed.says}")`;
  switch (listed.status) {
    case 'open':
      return undefined;
    case 'halted':
      return `halted by the venue${word}`;
    case 'gone':
      return `delisted by the venue${word}`;
  }
}
