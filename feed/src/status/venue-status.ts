import type { EpochMs } from '@tapedeck/market/number/level';
import type { VenuesStatus, VenueStatus } from '@tapedeck/market/wire/venue/venue-body';

import type { VenueConnector } from '../source/venue/venue-connector.ts';
import type { VenueLink } from '../source/venue/venue-link.ts';

type Subscription = VenueStatus['subscriptions'][number];

/** How the feed is connected to its venues (P36). */
export function venuesStatus(connectors: readonly VenueConnector[], now: EpochMs): VenuesStatus {
  return { now, venues: connectors.map(venueStatus) };
}

function venueStatus(connector: VenueConnector): VenueStatus {
  const { venue, meter, links, bans } = connector;
  const { parseMicros, clockOffsetMs, timeline, ...counts } = meter.report();
  return {
    venue: venue.venue,
    capability: { ...venue.capability },
    links: links.map((link) => linkBody(link, connector)),
    bans: bans.map(({ host, status, until }) => ({ host, status, until: Math.ceil(until) })),
    ...counts,
    parseMicros: parseMicros === undefined ? null : Math.round(parseMicros * 10) / 10,
    clockOffsetMs: clockOffsetMs ?? null,
    subscriptions: links.flatMap((link) => subscriptionsOf(link, connector)),
    timeline: timeline.map((event) => ({ ...event })),
  };
}

function linkBody(link: VenueLink, { meter }: VenueConnector): VenueStatus['links'][number] {
  const { id, path, state, upMs, failures: attempts, nextAttemptAt, trouble, streams } = link;
  return {
    ...{ id, path, state, attempts, streams: streams.length },
    ...(upMs === undefined ? {} : { upMs: Math.round(upMs) }),
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAt: Math.ceil(nextAttemptAt) }),
    ...(trouble === undefined ? {} : { trouble }),
    ...meter.ratesOf(id),
  };
}

function subscriptionsOf(
  { streams }: VenueLink,
  { venue, meter }: VenueConnector,
): readonly Subscription[] {
  return streams.map((stream) => {
    const wait = meter.waitOf(stream);
    return {
      symbol: `${stream.market}@${venue.venue}`,
      kind: stream.kind,
      firstDataMs: wait?.isOver === true ? wait.ms : null,
      waitingMs: wait?.isOver === false ? wait.ms : null,
    };
  });
}
