/*
 * Replay control (P25-P29). A replay speaks the same messages on the same channels; only these are its own. Every
 * command is answered by `replay-state` with its `id`, to every connection of the room, or by error 130.
 */
import { z } from 'zod';

import { countSchema } from './primitive.ts';

export const REPLAY_STATES = ['loading', 'paused', 'playing', 'buffering', 'ended'] as const;
export type ReplayStateName = (typeof REPLAY_STATES)[number];
export const STEP_UNITS = ['event', 'trade', 'second', 'minute', 'news'] as const;
export type StepUnit = (typeof STEP_UNITS)[number];

/** Market time over wall time (P27). */
export const MIN_SPEED = 0.1;
export const MAX_SPEED = 1_000;
export const speedSchema = z.union([z.number().min(MIN_SPEED).max(MAX_SPEED), z.literal('max')]);
export type ReplaySpeed = z.infer<typeof speedSchema>;

const requestId = z.int().min(0).optional();
export const replayCommandSchema = z.discriminatedUnion('command', [
  z.object({ type: z.literal('replay'), id: requestId, command: z.literal('play') }),
  z.object({ type: z.literal('replay'), id: requestId, command: z.literal('pause') }),
  z.object({
    type: z.literal('replay'),
    id: requestId,
    command: z.literal('seek'),
    to: countSchema,
  }),
  z.object({
    type: z.literal('replay'),
    id: requestId,
    command: z.literal('speed'),
    value: speedSchema,
  }),
  z.object({
    type: z.literal('replay'),
    id: requestId,
    command: z.literal('step'),
    unit: z.enum(STEP_UNITS),
    /** Negative steps go back. */
    count: z.int().min(-1_000).max(1_000).default(1),
    /** Events, trades and headlines of this market alone (P29c). */
    symbol: z.string().max(80).optional(),
  }),
  z.object({ type: z.literal('replay'), id: requestId, command: z.literal('live') }),
]);
export type ReplayCommand = z.infer<typeof replayCommandSchema>;

export const replayStateSchema = z.object({
  type: z.literal('replay-state'),
  id: z.int().optional(),
  state: z.enum(REPLAY_STATES),
  clock: countSchema,
  speed: speedSchema,
  seeked: z.boolean().optional(),
  from: countSchema,
  to: countSchema,
  /** Connection (as in its `hello`) of the host, and how many watch (P26a). */
  host: z.string().optional(),
  connections: countSchema.optional(),
});
export type ReplayStateMessage = z.infer<typeof replayStateSchema>;
