/*
 * Events pushed by an operator's own source (`POST /v1/ingest`, `POST /v1/news`, section 2a of the protocol), in
 * ticks and lots like the wire. A batch is applied as a whole or not at all.
 */
import { z } from 'zod';

import { isSymbol, SYMBOL_FORM } from '../instrument/instrument.ts';
import { isStoryLink } from '../instrument/story-link.ts';
import {
  aggressorSchema,
  countSchema,
  epochSchema,
  integerSchema,
  levelsSchema,
  stateSchema,
  textSchema,
} from './primitive.ts';

/** Per request: minutes of a busy market's updates. */
const MAX_PUSHED_EVENTS = 5_000;
/** Per side of one event: the full book of a busy market. */
const MAX_PUSHED_LEVELS = 5_000;
const MAX_SYMBOLS = 50;
const MAX_DECIMAL = 40;
/** Shown as sent, so no exponent, bare point or superfluous leading zero. */
const PLAIN_DECIMAL = /^(?:0|[1-9]\d*)(?:\.\d+)?$/;
/** Displayed text must not move a cursor or break a line. */
const CONTROLS = /[\p{Cc}\u2028\u2029]/u;

const symbolSchema = z.string().refine(isSymbol, { error: `is not ${SYMBOL_FORM}` });
/** A tick or lot size: positive decimal text (P1). */
const stepSchema = z
  .string()
  .max(MAX_DECIMAL)
  .refine((text) => isPositiveDecimal(text), { error: 'is not a positive plain decimal' });
/** One line of displayed text. */
const lineSchema = (low: number, high: number) =>
  textSchema
    .trim()
    .min(low)
    .max(high)
    .refine((text) => !CONTROLS.test(text), { error: 'has a control character' });
const sideSchema = levelsSchema.refine((levels) => levels.length <= MAX_PUSHED_LEVELS, {
  error: `has more than ${MAX_PUSHED_LEVELS} levels`,
});
/** Defaults to the time at which the feed accepts the event. */
const timeSchema = countSchema.optional();
/** The source's own sequence of a book update or trade. With it, the feed detects losses and duplicates. */
const sourceSequenceSchema = countSchema.optional();

/** Reasons that a source may send; the feed reserves the others. */
const PUSHED_REASONS = [
  'upstream-gap',
  'upstream-reset',
  'checksum',
  'restart',
  'halt',
  'delisted',
] as const;
/** Status kinds that a source may send; the feed reserves the others. */
const PUSHED_STATUS_KINDS = ['halt', 'resume', 'maintenance', 'venue-link'] as const;

const headlineShape = {
  /** Identifies the headline. A repeated id is ignored: the first text stays, even if this one differs (P19a). */
  id: lineSchema(1, 80).optional(),
  time: timeSchema,
  source: lineSchema(1, 60).default('desk'),
  symbols: z.array(symbolSchema).max(MAX_SYMBOLS).default([]),
  title: lineSchema(1, 300),
  eventId: lineSchema(1, 80).optional(),
  /** Where the story is. */
  link: lineSchema(1, 2_000)
    .refine((text) => isStoryLink(text), { error: 'is not an http or https address' })
    .optional(),
};

/** Body of `POST /v1/news`. */
export const pushedHeadlineSchema = z.strictObject(headlineShape);
export type PushedHeadline = z.infer<typeof pushedHeadlineSchema>;

const pushedEventSchema = z.discriminatedUnion('type', [
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
    /** Sequence of the preceding update; defaults to `sequence - 1`. */
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

/** State of a market after a push. While it `awaits` a snapshot, its updates are dropped. */
const pushedMarketSchema = z.object({
  symbol: z.string(),
  state: stateSchema,
  epoch: epochSchema,
  /** The feed's sequences, as subscribers see them. */
  sequence: countSchema,
  tradeSequence: countSchema,
  crossed: z.boolean(),
  awaits: z.literal('snapshot').optional(),
});
/** Result of a batch. Each event counts as exactly one of applied, dropped and duplicate. */
export const ingestReportSchema = z.object({
  applied: countSchema,
  /**
   * The update that reveals a gap; while the book awaits a snapshot, also updates, outdated snapshots (P12a) and
   * `state: ok`.
   */
  dropped: countSchema,
  /** Events that the feed already has: an old `sequence`, or the known `id` of a headline. */
  duplicates: countSchema,
  /** Gaps in the source's sequences: books that were reset, trades that are missing. */
  gaps: countSchema,
  lostTrades: countSchema,
  /** One entry per symbol in the batch. */
  markets: z.array(pushedMarketSchema),
});
export type IngestReport = z.infer<typeof ingestReportSchema>;

function isPositiveDecimal(text: string): boolean {
  const digits = Number(text.replace('.', ''));
  return PLAIN_DECIMAL.test(text) && digits > 0 && Number.isSafeInteger(digits);
}
