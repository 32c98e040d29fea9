import type { CandleInterval } from '@tapedeck/market/tape/candle';

/** What a list of news is filtered by; `replay` keeps a recording's headlines apart from live ones. */
export type NewsFilter = {
  readonly symbols?: readonly string[];
  readonly replay?: string;
  /** Its impacts are looked at: asked for again until they are whole. */
  readonly measured?: boolean;
};

/** A stretch of candles: `limit` of them that end before `to` (now without it). */
export type CandleRange = {
  readonly to?: number;
  readonly limit?: number;
  readonly replay?: string;
};

/** Every key of the query cache, in one place: events find what to bring up to date by them. */
export const queryKeys = {
  instruments: ['instruments'],
  replayInstruments: (replayId: string) => ['replay-instruments', replayId],
  candles: (symbol: string, interval: CandleInterval, range: CandleRange) => [
    'candles',
    symbol,
    interval,
    range,
  ],
  sessions: ['sessions'],
  session: (id: string) => ['session', id],
  silhouette: (id: string, symbol: string) => ['silhouette', id, symbol],
  states: (id: string, symbol: string) => ['states', id, symbol],
  imports: ['imports'],
  allNews: ['news'],
  news: (filter: NewsFilter) => ['news', filter],
  status: ['status'],
  metrics: ['metrics'],
  alerts: ['alerts'],
} as const;
