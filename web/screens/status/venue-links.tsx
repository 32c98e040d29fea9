'use client';
import { useQuery } from '@tanstack/react-query';
import clsx from 'clsx';

import type { VenuesStatus, VenueStatus } from '@tapedeck/market/wire/venue/venue-body';

import { bytesText, countText, rateText } from '../../format/rate-text.ts';
import { ageText, timeText } from '../../format/time-text.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import { useAnswerAge } from '../../live/live.ts';
import { REPORT_OLD_MS } from '../../queries/status.ts';
import { venuesStatusQuery } from '../../queries/venues.ts';
import { ProofBadge } from '../../ui/proof-badge.tsx';
import { Fact } from './facts.tsx';
import { LinkHistory } from './link-history.tsx';
import { LinkLamp } from './link-lamp.tsx';
import { microsText, offsetText } from './link-words.ts';

/** Waits that are shown; a venue that is silent as a whole has one per stream. */
const WAITS = 4;

/** The links to the venues in use: lamps, figures, and what happened to them. Nothing if no venue is in use. */
export function VenueLinks() {
  const { data, dataUpdatedAt, isError, failureCount } = useQuery(venuesStatusQuery());
  const ageMs = useAnswerAge(dataUpdatedAt);
  // A venue whose instruments were only searched has no link.
  const venues = data?.venues.filter(
    ({ links, bans, timeline }) => links.length + bans.length + timeline.length > 0,
  );
  if (data === undefined || venues === undefined || venues.length === 0) return null;
  const isOld = isError || failureCount > 0 || ageMs > REPORT_OLD_MS;
  return (
    <section
      aria-label="Venues"
      className={clsx('border-t border-line', isOld && 'opacity-55')}
      data-testid="venue-links"
      data-old={isOld}
    >
      {venues.map((venue) => (
        <Venue key={venue.venue} venue={venue} now={data.now} isOld={isOld} />
      ))}
    </section>
  );
}

type VenueProps = {
  readonly venue: VenueStatus;
  readonly now: VenuesStatus['now'];
  readonly isOld: boolean;
};

function Venue({ venue, now, isOld }: VenueProps) {
  const { timeZone } = useSettings();
  const { audits, dials } = venue;
  const waits = venue.subscriptions.filter(({ waitingMs }) => waitingMs !== null);
  return (
    <article
      aria-label={venue.venue}
      data-testid="venue"
      data-venue={venue.venue}
      className="grid border-b border-line lg:grid-cols-[minmax(0,5fr)_minmax(0,3fr)_minmax(0,5fr)]"
    >
      <div className="min-w-0 border-line px-3 py-2 lg:border-r">
        <h2 className="mb-1.5 flex items-center gap-2 text-table font-semibold text-soft">
          {venue.venue}
          <ProofBadge capability={venue.capability} withWord />
        </h2>
        {venue.bans.map(({ host, status, until }) => (
          <p key={host} role="alert" className="mb-1 border-l-2 border-bad pl-2 text-table">
            <span className="text-bad">Banned</span> by {host} (it answered {status}): nothing is
            sent there until {timeText(until, timeZone)}
          </p>
        ))}
        {venue.links.length === 0 && <p className="text-table text-faint">No link is needed now</p>}
        <ul>
          {venue.links.map((link) => (
            <LinkLamp key={link.id} link={link} now={now} isOld={isOld} />
          ))}
        </ul>
        {waits.slice(0, WAITS).map(({ symbol, kind, waitingMs }) => (
          <p key={`${symbol} ${kind}`} className="pl-4 text-micro text-delayed">
            {symbol}: first {kind === 'book' ? 'book data' : 'trade'} awaited for{' '}
            {ageText(waitingMs ?? 0)}
          </p>
        ))}
        {waits.length > WAITS && (
          <p className="pl-4 text-micro text-delayed">
            and {countText(waits.length - WAITS)} other streams without data
          </p>
        )}
      </div>
      <dl className="min-w-0 border-line px-3 py-2 lg:border-r">
        <Fact label="Received">
          {rateText(venue.messagesPerSecond)} msg/s · {bytesText(venue.bytesPerSecond)}/s
        </Fact>
        <Fact label="Parse cost">{microsText(venue.parseMicros)}</Fact>
        <Fact label="Venue’s clock">{offsetText(venue.clockOffsetMs)}</Fact>
        <Fact label="Missing trades" warn={venue.missingTrades > 0}>
          {countText(venue.missingTrades)}
        </Fact>
        <Fact label="Audits · differed" warn={audits.failed > 0}>
          {audits.done === 0 ? 'none' : `${countText(audits.done)} · ${countText(audits.failed)}`}
        </Fact>
        <Fact label="Failed attempts · lost sockets" warn={dials.failed + dials.lost > 0}>
          {countText(dials.failed)} · {countText(dials.lost)}
        </Fact>
      </dl>
      <LinkHistory events={venue.timeline} />
    </article>
  );
}
