/*
 * Bodies of the HTTP API (section 2 of the protocol), in ticks, lots and epoch milliseconds like the wire. The feed
 * validates with these schemas and generates OpenAPI from them; the web app parses with them.
 */
import { z } from 'zod';

import { CANDLE_INTERVALS } from '../tape/candle.ts';
import { alertRuleSchema } from './alert.ts';
import { chaosSchema } from './chaos.ts';
import { alertEventSchema, EVENT_TOPICS, headlineSchema, statusEventSchema } from './event.ts';
import {
  countSchema,
  epochSchema,
  integerSchema,
  levelsSchema,
  reasonSchema,
  standingFields,
  stateSchema,
  uint32Schema,
} from './primitive.ts';
import { REPLAY_STATES, speedSchema } from './replay.ts';
import { tickerSchema, tradeTupleSchema } from './tape.ts';

export const errorBodySchema = z.object({
  error: z.object({ code: z.int(), message: z.string(), temporary: z.boolean() }),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** Liveness and identity of the feed, for polling clients. */
export const healthSchema = z.object({
  status: z.literal('ok'),
  now: countSchema,
  epoch: epochSchema,
  build: z.string(),
});

/** What the venue of a live market can promise of it. */
export const capabilitySchema = z.object({
  depth: z.enum(['l3', 'l2', 'l2-snapshots']),
  /** How a lost change of the book shows. */
  loss: z.enum(['chain', 'checksum', 'none']),
  /** Whether trades say who crossed the spread. */
  sides: z.boolean(),
  clock: z.enum(['venue', 'ours']),
  /** Between two changes of a busy book. */
  cadenceMs: z.number(),
});

export type CapabilityBody = z.infer<typeof capabilitySchema>;

/** `state` is the state of a live market, or `recorded` for an instrument that exists only in the history. */
const instrumentSchema = z.object({
  symbol: z.string(),
  tickSize: z.string(),
  lotSize: z.string(),
  venue: z.string(),
  base: z.string(),
  quote: z.string(),
  ...standingFields,
  state: z.union([stateSchema, z.literal('recorded')]),
  capability: capabilitySchema.optional(),
});
export const instrumentsSchema = z.object({ instruments: z.array(instrumentSchema) });
export type InstrumentBody = z.infer<typeof instrumentSchema>;

/** The grid of all ticks and lots in a response (P1a). */
const gridSchema = z.object({ symbol: z.string(), tickSize: z.string(), lotSize: z.string() });

/** `state` is the state of the book at that time (P16, P28e). */
export const bookSchema = z.object({
  symbol: z.string(),
  instrument: gridSchema,
  epoch: epochSchema,
  sequence: countSchema,
  eventTime: countSchema,
  bids: levelsSchema,
  asks: levelsSchema,
  checksum: uint32Schema,
  ...standingFields,
  session: z.string().optional(),
});
export type BookBody = z.infer<typeof bookSchema>;

const candleBodySchema = z.object({
  openTime: countSchema,
  open: integerSchema,
  high: integerSchema,
  low: integerSchema,
  close: integerSchema,
  volume: countSchema,
  buyVolume: countSchema,
  trades: countSchema,
  state: z.enum(['forming', 'closed']),
  /** The venue's own, at least in part, from before the feed recorded the market (V14). */
  source: z.literal('venue').optional(),
});
export type CandleBody = z.infer<typeof candleBodySchema>;
export const candlesSchema = z.object({
  symbol: z.string(),
  instrument: gridSchema,
  interval: z.enum(CANDLE_INTERVALS),
  candles: z.array(candleBodySchema),
  /** Sequence of the last trade in the candles; the stream continues from there (P18). */
  asOfSequence: countSchema,
  epoch: epochSchema,
  ...standingFields,
});
export type CandlesBody = z.infer<typeof candlesSchema>;

export const tradesBodySchema = z.object({
  symbol: z.string(),
  instrument: gridSchema,
  trades: z.array(tradeTupleSchema),
  next: z.string().optional(),
  /**
   * Set for the newest trades and for trades after `since` (P32a): the epoch of the sequences, and the sequence of
   * the last trade returned, to continue from. With `since`, also the outcome of the resume (P17).
   */
  epoch: epochSchema.optional(),
  sequence: countSchema.optional(),
  resume: z.enum(['full', 'partial', 'none']).optional(),
  lost: countSchema.optional(),
  ...standingFields,
});
export type TradesBody = z.infer<typeof tradesBodySchema>;

export const tickersSchema = z.object({
  tickers: z.array(
    tickerSchema.omit({ type: true, channel: true }).extend({
      symbol: z.string(),
      instrument: gridSchema,
      epoch: epochSchema,
      ...standingFields,
      state: stateSchema,
    }),
  ),
});
export type TickersBody = z.infer<typeof tickersSchema>;

/** Periods of a recording in which a market was not `ok`, or was crossed: every t with `from < t <= to` (P28e). */
export const statesSchema = z.object({
  symbol: z.string(),
  states: z.array(
    z.object({
      from: countSchema,
      to: countSchema,
      state: stateSchema,
      reason: reasonSchema,
      crossed: z.boolean(),
    }),
  ),
  /** Set if there are more: `from` of the next request. */
  next: countSchema.optional(),
});
export type StatesBody = z.infer<typeof statesSchema>;

/** Forms in which a session can be taken away (`GET /v1/sessions/:id/export`). */
export const EXPORT_FORMATS = ['tape', 'csv', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const gapSchema = z.object({
  symbol: z.string(),
  from: countSchema,
  to: countSchema,
  reason: z.string(),
});
const sessionSchema = z.object({
  id: z.string(),
  label: z.string(),
  source: z.enum(['sim', 'live', 'import']),
  symbols: z.array(z.string()),
  from: countSchema,
  to: countSchema,
  open: z.boolean(),
  counts: z.object({
    deltas: countSchema,
    trades: countSchema,
    headlines: countSchema,
    segments: countSchema,
  }),
  coverage: z.number().min(0).max(1),
  gaps: z.array(gapSchema),
  origin: z.record(z.string(), z.unknown()),
});
export type SessionBody = z.infer<typeof sessionSchema>;
export const sessionsSchema = z.object({ sessions: z.array(sessionSchema) });
/** One session with the data of a scrubber: volume per bucket and headlines over its whole range. */
export const sessionDetailSchema = sessionSchema.extend({
  instruments: z.array(instrumentSchema.omit({ state: true, reason: true, since: true })),
  silhouette: z.object({
    bucketMs: countSchema,
    volume: z.record(z.string(), z.array(z.number())),
  }),
  headlines: z.array(headlineSchema),
  /** The candle intervals available per market, shortest first. A source may provide only minute candles. */
  intervals: z.record(z.string(), z.array(z.enum(CANDLE_INTERVALS))),
});
export type SessionDetailBody = z.infer<typeof sessionDetailSchema>;

/** A summary of a session in buckets of equal length, starting at `from`. */
export const silhouetteSchema = z.object({
  session: z.string(),
  from: countSchema,
  to: countSchema,
  bucketMs: countSchema,
  /** Headlines per bucket. */
  news: z.array(countSchema),
  markets: z.array(
    z.object({
      symbol: z.string(),
      /** Lots traded per bucket. */
      volume: z.array(z.number()),
      /** Spread in ticks at the middle of each period of `spreadMs`; null where there is no book, or a gap. */
      spread: z.array(z.number().nullable()),
      spreadMs: countSchema,
    }),
  ),
});
export type SilhouetteBody = z.infer<typeof silhouetteSchema>;

/** `pending`: the window has not ended yet; `gap`: no trades are recorded for it. */
const impactMoveSchema = z.union([
  z.object({ state: z.literal('ok'), ticks: z.int(), bp: z.number() }),
  z.object({ state: z.enum(['pending', 'gap']) }),
]);
/** Measured impact of a headline on one market: price moves relative to the last trade of the minute before it. */
const impactSchema = z.object({
  symbol: z.string(),
  before: integerSchema.nullable(),
  /** Price range (highest to lowest) of the minute before the headline, bp. */
  noiseBp: z.number().nullable(),
  moves: z.object({
    '1s': impactMoveSchema,
    '10s': impactMoveSchema,
    '1m': impactMoveSchema,
    '5m': impactMoveSchema,
  }),
});
export type ImpactBody = z.infer<typeof impactSchema>;
const measuredHeadlineSchema = headlineSchema.extend({
  /** Impact on the first few symbols that the headline names; absent on a new headline. */
  impact: z.array(impactSchema).optional(),
});
export type MeasuredHeadline = z.infer<typeof measuredHeadlineSchema>;
export const newsSchema = z.object({
  headlines: z.array(measuredHeadlineSchema),
  next: z.string().optional(),
});
export type NewsBody = z.infer<typeof newsSchema>;

export const createReplaySchema = z.object({
  session: z.string().max(80).optional(),
  from: countSchema.optional(),
  to: countSchema.optional(),
  symbols: z.array(z.string()).min(1).max(50).optional(),
  speed: speedSchema.optional(),
  /** Initial session time; the replay starts paused there. */
  at: countSchema.optional(),
});
export type CreateReplay = z.infer<typeof createReplaySchema>;
export const replaySchema = z.object({
  id: z.string(),
  session: z.string().optional(),
  symbols: z.array(z.string()),
  from: countSchema,
  to: countSchema,
  clock: countSchema,
  speed: speedSchema,
  state: z.enum(REPLAY_STATES),
  connections: countSchema,
  /** The host's connection, while anyone is connected (P26a). */
  host: z.string().optional(),
});
export type ReplayBody = z.infer<typeof replaySchema>;
export const replaysSchema = z.object({ replays: z.array(replaySchema) });

export const alertsSchema = z.object({
  rules: z.array(alertRuleSchema),
  log: z.array(alertEventSchema),
});
export type AlertsBody = z.infer<typeof alertsSchema>;

export const eventsSinceSchema = z.object({
  sync: z.object({
    from: z.string(),
    resume: z.enum(['full', 'partial', 'none']),
    lost: countSchema,
    now: countSchema,
    chaos: z.literal(true).optional(),
  }),
  events: z.array(z.object({ id: z.string(), event: z.enum(EVENT_TOPICS), data: z.unknown() })),
  next: z.string(),
});

/** Milliseconds at three percentiles over the last minute; null before the first sample. */
const percentilesSchema = z
  .object({ p50: z.number(), p95: z.number(), p99: z.number() })
  .nullable();
const symbolStatusSchema = z.object({
  symbol: z.string(),
  ...standingFields,
  state: stateSchema,
  sequence: countSchema,
  /** Milliseconds since the feed's last event, by the monotonic clock; null before the first. */
  ageMs: z.number().nullable(),
  gaps: countSchema,
  resyncs: countSchema,
  crossed: countSchema,
  deltasPerSecond: z.number(),
  tradesPerSecond: z.number(),
  levels: z.object({ bids: countSchema, asks: countSchema }),
});
/** `ok`, or what is wrong with the history file (P34a). */
const HISTORY_STATES = [
  'ok',
  'removed',
  'replaced',
  'damaged',
  'read-only',
  'full',
  'locked',
  'owned',
  'unusable',
  'failing',
] as const;
export type HistoryState = (typeof HISTORY_STATES)[number];

/** Everything `/status` shows. `series` has one value per second, oldest first, at most 300. */
export const statusSchema = z.object({
  now: countSchema,
  startedAt: countSchema,
  build: z.string(),
  epoch: epochSchema,
  source: z.string(),
  scenario: z.string().optional(),
  seed: z.number().optional(),
  modelVersion: z.string().optional(),
  symbols: z.array(symbolStatusSchema),
  connections: z.object({
    websocket: countSchema,
    sse: countSchema,
    levels: z.array(countSchema),
    bufferedBytes: countSchema,
    resyncs: countSchema,
    /** Connections and requests that were rejected (P23, P24). */
    refused: countSchema.optional(),
  }),
  lagMs: percentilesSchema,
  eventLoopMs: percentilesSchema,
  recorder: z.object({
    state: z.enum(['off', 'ok', 'behind', 'failed']),
    queue: countSchema,
    dropped: countSchema,
    /** Failed commits, counting every attempt. */
    failures: countSchema,
    lastWriteAt: countSchema.nullable(),
    message: z.string(),
    session: z.string().nullable(),
  }),
  /** State of the history file (P34a). */
  history: z.object({
    state: z.enum(HISTORY_STATES),
    message: z.string(),
    /** Since when the state is not `ok`; null while it is. */
    since: countSchema.nullable(),
    /** Number of errors from the file. */
    errors: countSchema,
  }),
  memoryBytes: countSchema,
  /** Set when fault injection is allowed. */
  chaos: chaosSchema.optional(),
  series: z.record(z.string(), z.array(z.number())),
  events: z.array(statusEventSchema),
});
export type StatusReport = z.infer<typeof statusSchema>;
