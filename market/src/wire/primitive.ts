import { z } from 'zod';

import { MARKET_STATES, STATE_REASONS } from '../instrument/instrument.ts';

/** Any safe integer: ticks may be negative (spreads, some futures). */
export const integerSchema = z.int();
/** Counts, lots, sequences, channel ids, epoch milliseconds: safe integers >= 0. */
export const countSchema = z.int().min(0);
const levelSchema = z.tuple([integerSchema, countSchema]).readonly();
export const levelsSchema = z.array(levelSchema).readonly();
/**
 * Text from outside. A lone surrogate is refused, because it would differ between JSON and UTF-8.
 */
export const textSchema = z
  .string()
  .refine((text) => text.isWellFormed(), { error: 'is not well-formed Unicode' });
export const aggressorSchema = z.enum(['buy', 'sell']);
export const epochSchema = z.string().min(1).max(40);
export const stateSchema = z.enum(MARKET_STATES);
export const reasonSchema = z.enum(STATE_REASONS);
/** CRC-32 and digests: unsigned 32 bits. */
export const uint32Schema = z.int().min(0).max(0xffff_ffff);
/**
 * State of a live market in polled responses. `reason` and `since` are set when the state is not `ok` (P32), or when
 * the book is crossed or locked (P15).
 */
export const standingFields = {
  state: stateSchema.optional(),
  reason: reasonSchema.optional(),
  since: countSchema.optional(),
};
