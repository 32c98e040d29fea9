import type { SessionBody } from '@tapedeck/market/wire/http';

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
