/** Ages of market data at each hop, as the feed measured them in the last minute, in milliseconds. */
export type HopLag = { readonly p50: number; readonly p95: number; readonly p99: number };
export type Hop = 'venue' | 'feed' | 'client';
export type HopLags = Readonly<Partial<Record<Hop, HopLag>>>;

const LINE = /^tapedeck_recent_lag_seconds\{([^}]*)\} (\S+)$/gm;
const LABEL = /(\w+)="([^"]*)"/g;

/** Reads them from the feed's Prometheus text. A hop that nothing has passed yet is left out. */
export function hopLagsFrom(metrics: string): HopLags {
  const seconds = new Map<string, number>();
  for (const [, labels = '', value] of metrics.matchAll(LINE)) {
    const named = new Map([...labels.matchAll(LABEL)].map(([, name, text]) => [name, text]));
    seconds.set(`${named.get('stage')} ${named.get('quantile')}`, Number(value));
  }
  const lagOf = (hop: Hop): HopLag | undefined => {
    const [p50, p95, p99] = ['0.5', '0.95', '0.99'].map((quantile) =>
      seconds.get(`${hop} ${quantile}`),
    );
    if (p50 === undefined || p95 === undefined || p99 === undefined) return undefined;
    return { p50: p50 * 1_000, p95: p95 * 1_000, p99: p99 * 1_000 };
  };
  const lags = (['venue', 'feed', 'client'] as const).map((hop) => [hop, lagOf(hop)] as const);
  return Object.fromEntries(lags.filter(([, lag]) => lag !== undefined));
}
