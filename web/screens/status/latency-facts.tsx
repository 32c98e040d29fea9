'use client';
import { useQuery } from '@tanstack/react-query';

import { millisecondsText } from '../../format/rate-text.ts';
import { useAnswerAge, useFigures } from '../../live/live.ts';
import { hopLagsQuery, REPORT_OLD_MS } from '../../queries/status.ts';
import { Fact, Facts } from './facts.tsx';
import { type Hop, type HopLag, hopLagsFrom } from './hop-lags.ts';

const HOPS: readonly (readonly [hop: Hop, label: string])[] = [
  ['venue', 'Venue to feed'],
  ['feed', 'Received to sent'],
  ['client', 'Sent to acknowledged'],
];

/** The age of market data after each hop from the venue to the screen, over the last minute. */
export function LatencyFacts() {
  const { data, dataUpdatedAt } = useQuery(hopLagsQuery());
  const figures = useFigures();
  const ageMs = useAnswerAge(dataUpdatedAt);
  // Figures that are no longer refreshed are not those of the last minute.
  const lags = data === undefined || ageMs > REPORT_OLD_MS ? undefined : hopLagsFrom(data);
  return (
    <Facts title="Latency of the last minute, p50 / p95 / p99">
      {HOPS.map(([hop, label]) => (
        <Fact key={hop} label={label}>
          {lagText(lags?.[hop])}
        </Fact>
      ))}
      <Fact label="Feed to this page p50 / p95">
        {figures.latencyMs === undefined
          ? '–'
          : `${millisecondsText(figures.latencyMs.p50)} / ${millisecondsText(figures.latencyMs.p95)}`}
      </Fact>
      <Fact label="Received to painted p95">{millisecondsText(figures.paintMs)}</Fact>
    </Facts>
  );
}

/** The feed counts whole milliseconds, and also writes 0 for a minute without data: the text covers both. */
function lagText(lag: HopLag | undefined): string {
  if (lag === undefined) return '–';
  if (lag.p99 === 0) return 'none, or under 1 ms';
  return [lag.p50, lag.p95, lag.p99].map(millisecondsText).join(' / ');
}
