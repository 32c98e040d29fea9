/*
 * What an operator pushes (`POST /v1/ingest`, `POST /v1/news`, section 2a of the protocol): a source of one's own, in
 * the integers of the wire. A batch is taken whole or not at all.
 */
import { z } from 'zod';

import { isSymbol, SYMBOL_FORM } from '../instrument/instrument.ts';
import {
  aggressorSchema,
  countSchema,
  epochSchema,
  integerSchema,
  levelsSchema,
  stateSchema,
  textSchema,
} from './primitive.ts';

/** Bounds of one push: a full book of a busy market, or minutes of its changes. */
export const MAX_PUSHED_EVENTS = 5_000;
export const MAX_PUSHED_LEVELS = 5_000;
const MAX_SYMBOLS = 50;
const MAX_DECIMAL = 40;
/** What is shown as it was sent: no exponent, no bare point, no idle zero in front. */
const PLAIN_DECIMAL = /^(?:0|[1-9]\d*)(?:\.\d+)?$/;
/** Nothing of a text that people read moves a cursor or ends a line. */
const CONTROLS = /[\p{Cc}\u2028\u2029]/u;

const symbolSchema = z.string().refine(isSymbol, { error: `is not ${SYMBOL_FORM}` });
/** A grid: positive decimal text (P1). */
const stepSchema = z
  .string()
  .max(MAX_DECIMAL)
  .refine((text) => isPositiveDecimal(text), { error: 'is not a positive plain decimal' });
/** Text that people read. */
const lineSchema = (low: number, high: number) =>
  textSchema
    .trim()
    .min(low)
    .max(high)
    .refine((text) => !CONTROLS.test(text), { error: 'has a control character' });
const sideSchema = levelsSchema.refine((levels) => levels.length <= MAX_PUSHED_LEVELS, {
  error: `has more than ${MAX_PUSHED_LEVELS} levels`,
});
/** Left out: the moment at which the feed takes it. */
const timeSchema = countSchema.optional();
/** The source's own number of a book change or of a trade; with it nothing is lost or doubled in silence. */
const sourceSequenceSchema = countSchema.optional();

/** What a source may say of its book; the others are the feed's own words. */
export const PUSHED_REASONS = [
  'upstream-gap',
  'upstream-reset',
  'checksum',
  'restart',
  'halt',
  'delisted',
] as const;
/** Notices of a plant; the other kinds are the feed's own. */
export const PUSHED_STATUS_KINDS = ['halt', 'resume', 'maintenance', 'venue-link'] as const;

const headlineShape = {
  /** Names the headline: the same one twice is taken once. */
  id: lineSchema(1, 80).optional(),
  time: timeSchema,
  source: lineSchema(1, 60).default('desk'),
  symbols: z.array(symbolSchema).max(MAX_SYMBOLS).default([]),
  title: lineSchema(1, 300),
  eventId: lineSchema(1, 80).optional(),
};

/** Body of `POST /v1/news`. */
export const pushedHeadlineSchema = z.strictObject(headlineShape);
export type PushedHeadline = z.infer<typeof pushedHeadlineSchema>;

export const pushedEventSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('instrument'),
    symbol: symbolSchema,
    tickSize: stepSchema,
    lotSize: stepSchema,
    base: lineSchema(0, 20).default(''),
    quote: lineSchema(0, 20).default(''),
  }),
  z.strictObject({
    type: z.literal('snapshot'),
    symbol: symbolSchema,
    eventTime: timeSchema,
    sequence: sourceSequenceSchema,
    bids: sideSchema,
    asks: sideSchema,
  }),
  z.strictObject({
    type: z.literal('update'),
    symbol: symbolSchema,
    eventTime: timeSchema,
    /** Number of the change before this one; `sequence - 1` where it is left out. */
    previous: sourceSequenceSchema,
    sequence: sourceSequenceSchema,
    bids: sideSchema.default([]),
    asks: sideSchema.default([]),
  }),
  z.strictObject({
    type: z.literal('trade'),
    symbol: symbolSchema,
    eventTime: timeSchema,
    sequence: sourceSequenceSchema,
    priceTicks: integerSchema,
    sizeLots: countSchema,
    aggressor: aggressorSchema,
  }),
  z.strictObject({
    type: z.literal('state'),
    symbol: symbolSchema,
    state: stateSchema,
    reason: z.enum(PUSHED_REASONS).optional(),
  }),
  z.strictObject({
    type: z.literal('status'),
    severity: z.enum(['info', 'warning', 'critical']).default('info'),
    kind: z.enum(PUSHED_STATUS_KINDS),
    symbols: z.array(symbolSchema).max(MAX_SYMBOLS).default([]),
    message: lineSchema(1, 300),
  }),
  z.strictObject({ type: z.literal('headline'), ...headlineShape }),
]);
export type PushedEvent = z.infer<typeof pushedEventSchema>;

/** Body of `POST /v1/ingest`. */
export const ingestSchema = z.strictObject({
  events: z.array(pushedEventSchema).min(1).max(MAX_PUSHED_EVENTS),
});

/** How a market stands after a push. `awaits` a snapshot: until then its changes are dropped. */
export const pushedMarketSchema = z.object({
  symbol: z.string(),
  state: stateSchema,
  epoch: epochSchema,
  /** The feed's own numbers, as subscribers see them. */
  sequence: countSchema,
  tradeSequence: countSchema,
  crossed: z.boolean(),
  awaits: z.literal('snapshot').optional(),
});
/** What became of a batch: each event is in exactly one of the three counts. */
export const ingestReportSchema = z.object({
  applied: countSchema,
  /** Changes of a book that waits for a snapshot. */
  dropped: countSchema,
  /** Events whose `sequence` or `id` was there before. */
  duplicates: countSchema,
  /** Holes in the source's own numbers: books that were reset, trades that never came. */
  gaps: countSchema,
  lostTrades: countSchema,
  /** Of every symbol in the batch. */
  markets: z.array(pushedMarketSchema),
});
export type IngestReport = z.infer<typeof ingestReportSchema>;

function isPositiveDecimal(text: string): boolean {
  const digits = Number(text.replace('.', ''));
  return PLAIN_DECIMAL.test(text) && digits > 0 && Number.isSafeInteger(digits);
}
