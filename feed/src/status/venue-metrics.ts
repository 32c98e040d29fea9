import type { VenueMeter } from '../source/venue/meter/venue-meter.ts';
import type { MetricShelf } from './metric-shelf.ts';

type Connector = {
  readonly venue: { readonly venue: string };
  readonly meter: VenueMeter;
  readonly links: readonly { readonly isUp: boolean }[];
  readonly bans: readonly unknown[];
};

export type VenueSources = {
  /** The venues in use. */
  readonly venues: () => readonly Connector[];
};

/** Links to live venues, by venue. */
export function venueMetrics(shelf: MetricShelf, { venues }: VenueSources): void {
  const gauge = (name: string, help: string, of: (each: Connector) => number | undefined): void =>
    shelf.gaugeOf(name, help, 'venue', () =>
      venues().flatMap((each) => {
        const value = of(each);
        return value === undefined ? [] : [[each.venue.venue, value] as const];
      }),
    );
  const count = (name: string, help: string, of: (each: Connector) => number): void =>
    shelf.countOf(name, help, ['venue'], () =>
      venues().map((each) => [[each.venue.venue], of(each)] as const),
    );
  gauge('venue_links', 'Links to the venue', ({ links }) => links.length);
  gauge(
    'venue_links_up',
    'Links that are up',
    ({ links }) => links.filter(({ isUp }) => isUp).length,
  );
  gauge('venue_banned_hosts', 'Hosts that have banned this feed', ({ bans }) => bans.length);
  gauge(
    'venue_clock_offset_seconds',
    'Venue clock minus ours, by the fastest message of the last 10 to 20 s',
    ({ meter }) => seconds(meter.report().clockOffsetMs, 1_000),
  );
  gauge('venue_parse_seconds', 'Mean cost of one message, from text to events', ({ meter }) =>
    seconds(meter.report().parseMicros, 1_000_000),
  );
  count('venue_messages_total', 'Frames received', ({ meter }) => meter.report().messages);
  count('venue_received_bytes_total', 'Bytes received', ({ meter }) => meter.report().bytes);
  count(
    'venue_dials_failed_total',
    'Attempts to connect that failed',
    ({ meter }) => meter.report().dials.failed,
  );
  count('venue_links_lost_total', 'Sockets lost', ({ meter }) => meter.report().dials.lost);
  count(
    'venue_missing_trades_total',
    'Trades that the venue no longer has',
    ({ meter }) => meter.report().missingTrades,
  );
  count(
    'venue_audits_total',
    'Books compared with what the venue says about them',
    ({ meter }) => meter.report().audits.done,
  );
  count(
    'venue_audits_failed_total',
    'Books that differed',
    ({ meter }) => meter.report().audits.failed,
  );
}

function seconds(value: number | undefined, per: number): number | undefined {
  return value === undefined ? undefined : value / per;
}
