/*
 * Everything the feed says over a WebSocket. A frame is one or more messages joined by a newline; one message is one
 * atomic event group (P4). Receivers ignore unknown fields and unknown types.
 */
import { z } from 'zod';

import { bookDeltaSchema, bookSnapshotSchema } from './book.ts';
import { countSchema, epochSchema, reasonSchema, stateSchema, uint32Schema } from './primitive.ts';
import { replayStateSchema } from './replay.ts';
import { candleSchema, tickerSchema, tradesSchema } from './tape.ts';

export const helloSchema = z.object({
  type: z.literal('hello'),
  version: z.int(),
  epoch: epochSchema,
  connection: z.string(),
  /** Of a stream that is not a websocket: proves that a request speaks for this connection (P31a). */
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
  /** As the source says them: a name does not always tell. */
  base: z.string().optional(),
  quote: z.string().optional(),
});

export const subscribedSchema = z.object({
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

/** Confirms an `unsubscribe`: no message of these channels follows it. */
export const unsubscribedSchema = z.object({
  type: z.literal('unsubscribed'),
  id: z.int().optional(),
  channels: z.array(countSchema),
});
export const channelStateSchema = z.object({
  type: z.literal('channel-state'),
  channel: countSchema,
  state: stateSchema,
  since: countSchema,
  reason: reasonSchema,
});
export type ChannelStateMessage = z.infer<typeof channelStateSchema>;
/** A snapshot follows; nothing before it may be believed. `instrument` stands when the grid changed (P13). */
export const resetSchema = z.object({
  type: z.literal('reset'),
  channel: countSchema,
  reason: reasonSchema,
  instrument: channelInstrumentSchema.optional(),
});
export type ResetMessage = z.infer<typeof resetSchema>;
export const tierSchema = z.object({
  type: z.literal('tier'),
  to: z.string(),
  reason: reasonSchema,
  lagMs: countSchema.optional(),
});
/**
 * `last` maps a channel id to the last sequence sent on it (0 while it has no value): equal to the client's, the market
 * has told nothing else (P20). `digests` does the same for the content of books (P14a), which finds a lost `reset`, too.
 * `heard`, of channels whose source pauses no longer than it usually does: milliseconds since the feed last heard of it (P20b).
 */
export const heartbeatSchema = z.object({
  type: z.literal('heartbeat'),
  now: countSchema,
  last: z.record(z.string(), countSchema),
  digests: z.record(z.string(), uint32Schema).optional(),
  heard: z.record(z.string(), countSchema).optional(),
});
export type HeartbeatMessage = z.infer<typeof heartbeatSchema>;
export const errorSchema = z.object({
  type: z.literal('error'),
  id: z.int().optional(),
  code: z.int(),
  message: z.string(),
  temporary: z.boolean(),
});
export type ErrorMessage = z.infer<typeof errorSchema>;
export const pongSchema = z.object({
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
