import type { SessionBody } from '@tapedeck/market/wire/http';

import { styled } from '../../format/number-style.ts';

const SOURCES: Readonly<Record<SessionBody['source'], readonly [string, string]>> = {
  sim: ['Simulated', 'From the built-in simulator, not from a market'],
  live: ['Recorded', 'Recorded from a venue by this feed'],
  import: ['Imported', 'Imported from a collector’s files'],
};

/** Where a session came from: a simulation must never pass for a market. */
export function SourceTag({ source }: { readonly source: SessionBody['source'] }) {
  const [text, hint] = SOURCES[source];
  return (
    <span
      title={hint}
      className="rounded-sm border border-line px-1 text-micro leading-4 font-normal whitespace-nowrap text-soft"
    >
      {text}
    </span>
  );
}

/** Share of the period that was recorded, and where its gaps are. */
export function CoverageBar({ session }: { readonly session: SessionBody }) {
  const span = Math.max(1, session.to - session.from);
  const percent = session.coverage * 100;
  // A gap that ends where the session begins is the reason for the start, not a part of the session.
  const gaps = session.gaps.filter((gap) => gap.to > session.from && gap.from < session.to);
  // Never rounded up to 100: 99.98 % is not complete.
  const text = percent >= 100 ? '100' : styled((Math.floor(percent * 10) / 10).toFixed(1));
  return (
    <span
      className="flex items-center gap-2"
      title={gaps.length === 0 ? 'No gap' : `${gaps.length} gaps`}
    >
      <span aria-hidden className="relative h-2 w-20 overflow-hidden bg-info/50">
        {gaps.slice(0, 100).map((gap) => (
          <span
            key={`${gap.symbol}:${gap.from}`}
            className="absolute inset-y-0 min-w-px bg-delayed"
            style={{
              left: `${((gap.from - session.from) / span) * 100}%`,
              width: `${((gap.to - gap.from) / span) * 100}%`,
            }}
          />
        ))}
      </span>
      <span className="num text-soft">{text}%</span>
      {gaps.length > 0 && (
        <span className="num text-delayed">
          {gaps.length} gap{gaps.length === 1 ? '' : 's'}
        </span>
      )}
    </span>
  );
}
