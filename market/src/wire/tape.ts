/*
 * Trades, candles and tickers. Trades are never conflated: `previous -> sequence` chains them as in a book, and
 * `lost` counts trades that a slow connection did not get (P17). The forming candle is sent after each of its trades;
 * its `sequence` is that of its last trade, to join with `asOfSequence` of `GET /v1/candles` (P18). For tickers only
 * the latest value counts.
 */
import { z } from 'zod';

import { aggressorSchema, countSchema, integerSchema } from './primitive.ts';

/** `[sequence, eventTime, priceTicks, sizeLots, aggressor]` */
export const tradeTupleSchema = z
  .tuple([countSchema, countSchema, integerSchema, countSchema, aggressorSchema])
  .readonly();
export type TradeTuple = z.infer<typeof tradeTupleSchema>;

export const tradesSchema = z.object({
  type: z.literal('trades'),
  channel: countSchema,
  previous: countSchema,
  sequence: countSchema,
  sendTime: countSchema,
  trades: z.array(tradeTupleSchema).readonly(),
  lost: countSchema.optional(),
  /**
   * Set on the first message after `subscribed`, a `resync` or a seek. The client keeps its previous trades if they are
   * of this epoch, and discards them otherwise.
   */
  epoch: z.string().optional(),
  /** The epoch of the trades after a reset, when `epoch` is absent. The client keeps its previous trades (P17b). */
  life: z.string().optional(),
});
export type TradesMessage = z.infer<typeof tradesSchema>;

export const candleSchema = z.object({
  type: z.literal('candle'),
  channel: countSchema,
  openTime: countSchema,
  open: integerSchema,
  high: integerSchema,
  low: integerSchema,
  close: integerSchema,
  volume: countSchema,
  buyVolume: countSchema.optional(),
  trades: countSchema,
  state: z.enum(['forming', 'closed']),
  sequence: countSchema,
});
export type CandleMessage = z.infer<typeof candleSchema>;

export const tickerSchema = z.object({
  type: z.literal('ticker'),
  channel: countSchema,
  last: integerSchema.nullable(),
  bid: integerSchema.nullable(),
  ask: integerSchema.nullable(),
  open24h: integerSchema.nullable(),
  volume24h: countSchema,
  eventTime: countSchema,
  sequence: countSchema,
});
export type TickerMessage = z.infer<typeof tickerSchema>;
