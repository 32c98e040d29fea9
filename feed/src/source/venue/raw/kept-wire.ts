/* A wire whose frames and responses are kept as they come (V15), before anything else sees them. */
import type { LiveVenue } from '../../../venue/live-venue.ts';
import type { Wire } from '../wire/wire.ts';
import type { RawKeeper } from './raw-keeper.ts';

type Origins = LiveVenue['origins'];

/** Sockets of this process, so that each has a number of its own. */
let sockets = 0;

/** Addresses are kept as the venue's own, which is how an import recognises it, whatever host they were sent to. */
export function keptWire(
  wire: Wire,
  venue: Pick<LiveVenue, 'venue' | 'origins'>,
  used: Origins,
  keeper: RawKeeper,
): Wire {
  const own = (url: string, kind: keyof Origins): string =>
    venue.origins[kind] + url.slice(used[kind].length);
  return {
    dial(url, listener) {
      const socket = ++sockets;
      const address = own(url, 'socket');
      return wire.dial(url, {
        ...listener,
        message(text) {
          keeper.frame({ venue: venue.venue, socket, address, text });
          listener.message(text);
        },
      });
    },
    ask: (request, done) =>
      wire.ask(request, (answer) => {
        const { status, text } = answer;
        if (status === 200)
          keeper.response({ venue: venue.venue, address: own(request.url, 'http'), text });
        done(answer);
      }),
  };
}
