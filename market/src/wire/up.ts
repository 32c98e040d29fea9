/*
 * All messages from clients to the feed. An invalid message gets error 107 (130 for a replay command), which names
 * the field and the value; it does not close the connection.
 */
import { z } from 'zod';

import { countSchema, epochSchema } from './primitive.ts';
import { replayCommandSchema } from './replay.ts';

const requestId = z.int().min(0).optional();

const sinceSchema = z.object({ epoch: epochSchema, sequence: countSchema });
const subscribeSchema = z.object({
  type: z.literal('subscribe'),
  id: requestId,
  channels: z.array(z.string()).min(1).max(1_000),
  since: z.record(z.string(), sinceSchema).optional(),
});
export type SubscribeMessage = z.infer<typeof subscribeSchema>;
const unsubscribeSchema = z.object({
  type: z.literal('unsubscribe'),
  id: requestId,
  channels: z.array(countSchema).min(1).max(1_000),
});
/** Why a client resyncs: a gap, a bad checksum or digest, or a missing snapshot. */
const RESYNC_REASONS = ['gap', 'checksum', 'digest', 'missing'] as const;
export type ResyncReason = (typeof RESYNC_REASONS)[number];
const resyncSchema = z.object({
  type: z.literal('resync'),
  id: requestId,
  channels: z.array(countSchema).min(1).max(1_000),
  reason: z.enum(RESYNC_REASONS).optional(),
});
/** `at` is the `sendTime` of the newest frame processed. At most one per second. */
const ackSchema = z.object({ type: z.literal('ack'), at: countSchema });
const pingSchema = z.object({ type: z.literal('ping'), id: requestId });

/** The schema of each client message by `type`, so that errors name the field and not the union. */
export const UP_SCHEMAS = {
  subscribe: subscribeSchema,
  unsubscribe: unsubscribeSchema,
  resync: resyncSchema,
  ack: ackSchema,
  ping: pingSchema,
  replay: replayCommandSchema,
} as const;

export const upSchema = z.union(Object.values(UP_SCHEMAS));
export type UpMessage = z.infer<typeof upSchema>;
/** A message as a client builds it; fields with defaults are optional. */
export type UpInput = z.input<typeof upSchema>;
