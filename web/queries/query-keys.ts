import type { CandleInterval } from '@tapedeck/market/tape/candle';

/** The filter of a list of news; `replay` keeps a recording's headlines apart from live ones. */
export type NewsFilter = {
  readonly symbols?: readonly string[];
  readonly replay?: string;
  /** Its impacts are shown: refetched until they are complete. */
  readonly measured?: boolean;
};

/** A range of candles: `limit` of them before `to` (now if absent). */
export type CandleRange = {
  readonly to?: number;
  readonly limit?: number;
  readonly replay?: string;
};

/** The trades before this one; of a replay, in its session. */
export type TradeBefore = {
  /** All of ten minutes; else of one minute, if that has enough to fill a panel. */
  readonly isLong: boolean;
  readonly time: number;
  /** Of the trades at the same time, those with a lower number are before it. */
  readonly sequence: number;
  readonly replay?: string;
};

/** Every key of the query cache, in one place: events use them to find what to update. */
export const queryKeys = {
  instruments: ['instruments'],
  replayInstruments: (replayId: string) => ['replay-instruments', replayId],
  candles: (symbol: string, interval: CandleInterval, range: CandleRange) => [
    'candles',
    symbol,
    interval,
    range,
  ],
  tradesBefore: (symbol: string, before: TradeBefore) => ['trades-before', symbol, before] as const,
  sessions: ['sessions'],
  session: (id: string) => ['session', id],
  silhouette: (id: string, symbol: string) => ['silhouette', id, symbol],
  states: (id: string, symbol: string) => ['states', id, symbol],
  imports: ['imports'],
  allNews: ['news'],
  news: (filter: NewsFilter) => ['news', filter],
  newsStatus: ['news-status'],
  status: ['status'],
  metrics: ['metrics'],
  alerts: ['alerts'],
  venues: ['venues'],
  venuesStatus: ['venues-status'],
  sources: ['sources'],
  allVenueInstruments: ['venue-instruments'],
  venueInstruments: (venue: string, search: string) => ['venue-instruments', venue, search],
} as const;
