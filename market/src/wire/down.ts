/*
 * All messages from the feed to its clients. A frame is one or more messages joined by newlines; one message is one
 * atomic event group (P4). Receivers ignore unknown fields and unknown types.
 */
import { z } from 'zod';

import { bookDeltaSchema, bookSnapshotSchema } from './book.ts';
import { countSchema, epochSchema, reasonSchema, stateSchema, uint32Schema } from './primitive.ts';
import { replayStateSchema } from './replay.ts';
import { candleSchema, tickerSchema, tradesSchema } from './tape.ts';

const helloSchema = z.object({
  type: z.literal('hello'),
  version: z.int(),
  epoch: epochSchema,
  connection: z.string(),
  /** Only on streams other than WebSockets: authenticates the client's requests for this connection (P31a). */
  key: z.string().optional(),
  now: countSchema,
  heartbeatMs: countSchema,
  mode: z.enum(['live', 'replay']),
  build: z.string(),
  limits: z.object({
    messagesPerSecond: countSchema,
    channels: countSchema,
    frameBytes: countSchema,
  }),
});
export type HelloMessage = z.infer<typeof helloSchema>;

const channelInstrumentSchema = z.object({
  symbol: z.string(),
  tickSize: z.string(),
  lotSize: z.string(),
  /** From the source, because the symbol's name does not always contain them. */
  base: z.string().optional(),
  quote: z.string().optional(),
});

const subscribedSchema = z.object({
  type: z.literal('subscribed'),
  id: z.int().optional(),
  channels: z.array(
    z.object({
      name: z.string(),
      channel: countSchema,
      instrument: channelInstrumentSchema,
      resume: z.enum(['full', 'partial', 'none']),
      lost: countSchema.optional(),
    }),
  ),
});
export type SubscribedMessage = z.infer<typeof subscribedSchema>;

/** Confirms an `unsubscribe`: no message of these channels follows. */
const unsubscribedSchema = z.object({
  type: z.literal('unsubscribed'),
  id: z.int().optional(),
  channels: z.array(countSchema),
});
const channelStateSchema = z.object({
  type: z.literal('channel-state'),
  channel: countSchema,
  state: stateSchema,
  since: countSchema,
  reason: reasonSchema,
});
export type ChannelStateMessage = z.infer<typeof channelStateSchema>;
/** A snapshot follows; distrust everything received before it. `instrument` is set when the grid changed (P13). */
const resetSchema = z.object({
  type: z.literal('reset'),
  channel: countSchema,
  reason: reasonSchema,
  instrument: channelInstrumentSchema.optional(),
});
const tierSchema = z.object({
  type: z.literal('tier'),
  to: z.string(),
  reason: reasonSchema,
  lagMs: countSchema.optional(),
});
/**
 * `last` maps each channel id to the last sequence sent on it, 0 before the first value. If it equals the client's
 * sequence, the client has missed nothing (P20). `digests` does the same for book contents (P14a), which also detects
 * a lost `reset`. `heard` gives the ms since the feed last heard from the channel's source; it is present only while
 * the source is not silent for unusually long (P20b).
 */
const heartbeatSchema = z.object({
  type: z.literal('heartbeat'),
  now: countSchema,
  last: z.record(z.string(), countSchema),
  digests: z.record(z.string(), uint32Schema).optional(),
  heard: z.record(z.string(), countSchema).optional(),
});
export type HeartbeatMessage = z.infer<typeof heartbeatSchema>;
const errorSchema = z.object({
  type: z.literal('error'),
  id: z.int().optional(),
  code: z.int(),
  message: z.string(),
  temporary: z.boolean(),
});
export type ErrorMessage = z.infer<typeof errorSchema>;
const pongSchema = z.object({
  type: z.literal('pong'),
  id: z.int().optional(),
  now: countSchema,
});

export const downSchema = z.discriminatedUnion('type', [
  helloSchema,
  subscribedSchema,
  unsubscribedSchema,
  bookSnapshotSchema,
  bookDeltaSchema,
  tradesSchema,
  candleSchema,
  tickerSchema,
  channelStateSchema,
  resetSchema,
  tierSchema,
  heartbeatSchema,
  replayStateSchema,
  errorSchema,
  pongSchema,
]);
export type DownMessage = z.infer<typeof downSchema>;
