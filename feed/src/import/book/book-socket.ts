/*
 * Which of several sockets carries a book. While a venue's socket is replaced, both send the same changes: the one
 * with the latest snapshot is followed, and the other one's changes are already in its book.
 */
import type { EpochMs } from '@tapedeck/market/number/level';

import type { VenueEvent } from '../../venue/venue-event.ts';

/** After this long, a socket that sends nothing more while another one does has ended. */
const ENDED_MS = 10_000;

export class BookSocket {
  #followed: string | undefined;
  #heardAt: EpochMs = 0;

  /** `lost`: the followed socket has ended, and the changes of the other one are not those that follow. */
  take(
    type: VenueEvent['type'],
    receiveTime: EpochMs,
    socket: string | undefined,
  ): 'take' | 'skip' | 'lost' {
    if (socket === undefined || (type !== 'snapshot' && type !== 'diff')) return 'take';
    if (type === 'snapshot') this.#followed = socket;
    if (this.#followed === undefined || this.#followed === socket) {
      this.#heardAt = receiveTime;
      return 'take';
    }
    return receiveTime - this.#heardAt > ENDED_MS ? 'lost' : 'skip';
  }
}
