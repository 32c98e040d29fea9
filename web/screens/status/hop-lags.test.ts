import { expect, test } from 'vitest';

import { hopLagsFrom } from './hop-lags.ts';

const METRICS = `# HELP tapedeck_recent_lag_seconds The same, of the last minute
# TYPE tapedeck_recent_lag_seconds summary
tapedeck_recent_lag_seconds{quantile="0.5",stage="venue"} 0.15
tapedeck_recent_lag_seconds{quantile="0.95",stage="venue"} 0.25
tapedeck_recent_lag_seconds{quantile="0.99",stage="venue"} 0.5
tapedeck_recent_lag_seconds_sum{stage="venue"} 58.852
tapedeck_recent_lag_seconds_count{stage="venue"} 539
tapedeck_recent_lag_seconds{stage="feed",quantile="0.5"} 0
tapedeck_recent_lag_seconds{stage="feed",quantile="0.95"} 0
tapedeck_recent_lag_seconds{stage="feed",quantile="0.99"} 0.002
tapedeck_lag_seconds_sum{stage="client"} 1
`;

test('each hop has its percentiles in milliseconds, whatever the order of the labels', () => {
  expect(hopLagsFrom(METRICS)).toEqual({
    venue: { p50: 150, p95: 250, p99: 500 },
    feed: { p50: 0, p95: 0, p99: 2 },
  });
});

test('a hop that nothing passed has no figure, and neither has a text that is not metrics', () => {
  expect(hopLagsFrom(METRICS).client).toBeUndefined();
  expect(hopLagsFrom('<html>')).toEqual({});
});
