/*
 * Alert rules. The feed evaluates them, so no browser tab needs to be open. A crossing needs a sample on each side of
 * the price; the first sample after a reconnect never counts as a crossing.
 */
import { z } from 'zod';

import { isSymbol, SYMBOL_FORM } from '../instrument/instrument.ts';
import { ALERT_BOUNDS, ALERT_KINDS } from './alert-kind.ts';
import { ALERT_STATES } from './event.ts';
import { countSchema, integerSchema, textSchema } from './primitive.ts';

const ALERT_REPEATS = ['once', 'every'] as const;

/** Tick size as decimal text. */
const tickSizeSchema = z.string().max(40).refine(isStep, { error: 'is not a positive decimal' });

/** A rule as the user submits it. Each kind requires its threshold field (`ALERT_BOUNDS`). */
export const alertInputSchema = z
  .object({
    symbol: z.string().refine(isSymbol, { error: `is not ${SYMBOL_FORM}` }),
    kind: z.enum(ALERT_KINDS),
    priceTicks: integerSchema.optional(),
    /** The tick size of `priceTicks`; defaults to the market's. */
    tickSize: tickSizeSchema.optional(),
    ageMs: z.int().min(1_000).max(86_400_000).optional(),
    /** How long the condition must hold before it fires, ms. */
    forMs: z.int().min(0).max(3_600_000).default(0),
    repeat: z.enum(ALERT_REPEATS).default('once'),
    note: textSchema.max(200).default(''),
    enabled: z.boolean().default(true),
  })
  .refine((rule) => ALERT_BOUNDS[rule.kind] !== 'priceTicks' || rule.priceTicks !== undefined, {
    path: ['priceTicks'],
    error: 'is required for a price alert',
  })
  .refine((rule) => ALERT_BOUNDS[rule.kind] !== 'ageMs' || rule.ageMs !== undefined, {
    path: ['ageMs'],
    error: 'is required for a feed-age alert',
  });
export type AlertInput = z.infer<typeof alertInputSchema>;

/** The fields of a rule that can be changed. */
export const alertPatchSchema = z.object({
  priceTicks: integerSchema.optional(),
  tickSize: tickSizeSchema.optional(),
  ageMs: z.int().min(1_000).max(86_400_000).optional(),
  forMs: z.int().min(0).max(3_600_000).optional(),
  repeat: z.enum(ALERT_REPEATS).optional(),
  note: textSchema.max(200).optional(),
  enabled: z.boolean().optional(),
});
export type AlertPatch = z.infer<typeof alertPatchSchema>;

export const alertRuleSchema = z.object({
  id: z.string(),
  symbol: z.string(),
  kind: z.enum(ALERT_KINDS),
  priceTicks: integerSchema.optional(),
  /** The tick size of `priceTicks`: the market's, unless that cannot represent the price. Absent in old rules. */
  tickSize: z.string().optional(),
  ageMs: countSchema.optional(),
  forMs: countSchema,
  repeat: z.enum(ALERT_REPEATS),
  note: z.string(),
  enabled: z.boolean(),
  createdAt: countSchema,
  state: z.enum(ALERT_STATES),
  /** When it last fired. */
  firedAt: countSchema.optional(),
});
export type AlertRule = z.infer<typeof alertRuleSchema>;

function isStep(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text) && Number(text) > 0;
}
