'use client';
import clsx from 'clsx';

import type { VenueTimelineEvent } from '@tapedeck/market/wire/venue/venue-body';

import { countText } from '../../format/rate-text.ts';
import { dateTimeText } from '../../format/time-text.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import { HAPPENING_LOOK } from './link-words.ts';

/** What happened to a venue's links, newest first. */
export function LinkHistory({ events }: { readonly events: readonly VenueTimelineEvent[] }) {
  const { timeZone } = useSettings();
  return (
    <div className="min-w-0 py-2">
      <h3 className="mb-1 px-3 text-table font-semibold text-soft">Links, newest first</h3>
      {events.length === 0 && <p className="px-3 text-table text-faint">Nothing so far.</p>}
      <ol
        // A list that scrolls can be reached with the keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-label="What happened to the links"
        data-testid="link-timeline"
        className="max-h-40 overflow-y-auto"
      >
        {events.toReversed().map((event) => {
          const [glyph, colour, word] = HAPPENING_LOOK[event.what];
          return (
            <li
              key={`${event.time} ${event.link} ${event.what}`}
              className="flex min-h-[22px] items-baseline gap-2 px-3 text-table"
            >
              <time className="num shrink-0 text-micro text-faint">
                {dateTimeText(event.time, timeZone).slice(5)}
              </time>
              <span className="num shrink-0 text-micro text-faint">{event.link}</span>
              <span className={clsx('shrink-0 whitespace-nowrap', colour)}>
                <span aria-hidden>{glyph}</span> {word}
                {event.count > 1 && ` ×${countText(event.count)}`}
              </span>
              <span className="min-w-0 break-words text-soft">{event.why}</span>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
