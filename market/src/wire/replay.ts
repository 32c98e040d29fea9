/*
 * Replay control (P25-P29). A replay uses the same messages and channels as the live feed, plus the ones below. The
 * answer to a command is `replay-state` with its `id`, sent to every connection of the replay, or error 130.
 */
import { z } from 'zod';

import { countSchema } from './primitive.ts';

export const REPLAY_STATES = ['loading', 'paused', 'playing', 'buffering', 'ended'] as const;
export type ReplayStateName = (typeof REPLAY_STATES)[number];
const STEP_UNITS = ['event', 'trade', 'second', 'minute', 'news'] as const;
export type StepUnit = (typeof STEP_UNITS)[number];

/** Market time over wall time (P27). */
const MIN_SPEED = 0.1;
const MAX_SPEED = 1_000;
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
    /** Negative to step backwards. */
    count: z.int().min(-1_000).max(1_000).default(1),
    /** Step only over this market's events, trades and headlines (P29c). */
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
  /** The host's connection id (from its `hello`), and the number of viewers (P26a). */
  host: z.string().optional(),
  connections: countSchema.optional(),
});
export type ReplayStateMessage = z.infer<typeof replayStateSchema>;
