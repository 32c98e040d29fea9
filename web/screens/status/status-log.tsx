'use client';
import clsx from 'clsx';

import type { StatusBody } from '@tapedeck/market/wire/event';

import { dateTimeText } from '../../format/time-text.ts';
import { useSettings } from '../../hooks/use-settings.ts';

const SHOWN = 100;
const GLYPH: Readonly<Record<StatusBody['severity'], readonly [string, string]>> = {
  info: ['·', 'text-faint'],
  warning: ['▲', 'text-delayed'],
  critical: ['■', 'text-bad'],
};

/** The feed's status events, newest first. */
export function StatusLog({ events }: { readonly events: readonly StatusBody[] }) {
  const { timeZone } = useSettings();
  const list = events.toSorted((a, b) => b.time - a.time).slice(0, SHOWN);
  return (
    <section aria-label="Events" className="border-t border-line">
      <h2 className="px-3 py-2 text-table font-semibold text-soft">Events</h2>
      {list.length === 0 && <p className="px-3 pb-3 text-table text-faint">None so far.</p>}
      <ol>
        {list.map((event, index) => {
          const [glyph, colour] = GLYPH[event.severity];
          return (
            <li
              key={`${event.time}:${index}`}
              className="flex min-h-[22px] items-baseline gap-3 border-b border-line/50 px-3 text-table"
            >
              <time className="num shrink-0 text-micro text-faint">
                {dateTimeText(event.time, timeZone)}
              </time>
              <span className={clsx('w-20 shrink-0', colour)}>
                <span aria-hidden>{glyph}</span> {event.severity}
              </span>
              <span className="min-w-0">{event.message}</span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
