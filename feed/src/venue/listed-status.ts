import type { VenueInstrument } from './live-venue.ts';

const MAX_WORD = 40;

/** The status of an instrument, with the venue's own word for one that is not open. */
export function listedStatus(
  status: VenueInstrument['status'],
  word: unknown,
): Pick<VenueInstrument, 'status' | 'says'> {
  if (status === 'open' || (typeof word !== 'string' && typeof word !== 'boolean'))
    return { status };
  return { status, says: String(word).slice(0, MAX_WORD) };
}
