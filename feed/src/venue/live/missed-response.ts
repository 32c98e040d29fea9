/* Trades that a live feed had missed and requested, in a response that was kept (V15). */
import type { FrameFinding } from '../dump-venue.ts';
import type { LiveVenue } from '../live-venue.ts';

/** Where addresses name their market: in the query, or in the path before `ticker`. */
const MARKET = /[?&](?:symbol|instId|pair|instrument_name)=([^&]+)|\/products\/([^/]+)\/ticker/;

/** The trades in a response; empty if its address is not one of trades. Never throws. */
export function missedResponse(
  venue: LiveVenue,
  address: string,
  text: string,
): readonly FrameFinding[] {
  const named = MARKET.exec(address);
  const market = decoded(named?.[1] ?? named?.[2]);
  if (market === undefined) return [];
  const all = { market, from: 0, to: Number.MAX_SAFE_INTEGER, after: 0, isAggregate: false };
  if (pathOf(address) !== pathOf(venue.missed.request(all).path)) return [];
  const events = venue.missed.read(text, all);
  if (typeof events === 'string') return [{ kind: 'bad-line', detail: events }];
  return events.flatMap((event) =>
    event.type === 'trade' ? [{ kind: 'event', market, event: { ...event, isPast: true } }] : [],
  );
}

function pathOf(address: string): string {
  return address.replace(/^\w+:\/\/[^/]+/, '').replace(/\?.*/s, '');
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
