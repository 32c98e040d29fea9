'use client';
import { Popover } from '@base-ui/react/popover';

import type { SessionBody } from '@tapedeck/market/wire/http';

import { gapText } from '../../format/gap-text.ts';
import { styled } from '../../format/number-style.ts';
import { useSettings } from '../../hooks/use-settings.ts';

/** As many as are told apart on the strip, and as many as are read in a list. */
const DRAWN_GAPS = 100;
const LISTED_GAPS = 12;

/** Share of the period that was recorded, and where its gaps are; their spans and reasons on hover, tap or Enter. */
export function CoverageBar({ session }: { readonly session: SessionBody }) {
  const span = Math.max(1, session.to - session.from);
  const percent = session.coverage * 100;
  // A gap that ends where the session begins is the reason for the start, not a part of the session.
  const gaps = session.gaps.filter((gap) => gap.to > session.from && gap.from < session.to);
  // Never rounded up to 100: 99.98 % is not complete.
  const text = percent >= 100 ? '100' : styled((Math.floor(percent * 10) / 10).toFixed(1));
  const strip = (
    <>
      <span aria-hidden className="relative h-2 w-20 overflow-hidden bg-info/50">
        {gaps.slice(0, DRAWN_GAPS).map((gap) => (
          <span
            key={`${gap.symbol}:${gap.from}:${gap.reason}`}
            className="absolute inset-y-0 min-w-px bg-delayed"
            style={{
              left: `${((gap.from - session.from) / span) * 100}%`,
              width: `${((gap.to - gap.from) / span) * 100}%`,
            }}
          />
        ))}
      </span>
      <span className="num text-soft">{text}%</span>
    </>
  );
  if (gaps.length === 0)
    return (
      <span className="flex items-center gap-2" title="No gap">
        {strip}
      </span>
    );
  return (
    <Popover.Root>
      <Popover.Trigger
        openOnHover
        delay={150}
        data-testid="coverage"
        className="flex cursor-default items-center gap-2"
      >
        {strip}
        <span className="num text-delayed">
          {gaps.length} gap{gaps.length === 1 ? '' : 's'}
        </span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="start" className="z-50">
          <Popover.Popup
            initialFocus={false}
            aria-label="Gaps of the session"
            className="popup max-w-[min(520px,calc(100vw-16px))] px-2 py-1.5"
          >
            <GapList gaps={gaps} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function GapList({ gaps }: { readonly gaps: SessionBody['gaps'] }) {
  const { timeZone } = useSettings();
  const more = gaps.length - LISTED_GAPS;
  return (
    <ul data-testid="coverage-gaps" className="flex flex-col gap-0.5 text-table">
      {gaps.slice(0, LISTED_GAPS).map((gap) => (
        <li key={`${gap.symbol}:${gap.from}:${gap.reason}`}>
          <span className="text-faint">{gap.symbol}</span>{' '}
          <span className="num text-soft">{gapText(gap, timeZone)}</span>
        </li>
      ))}
      {more > 0 && <li className="text-faint">and {more} more</li>}
    </ul>
  );
}
