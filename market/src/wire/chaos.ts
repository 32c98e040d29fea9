/*
 * Fault injection (`GET/POST /v1/chaos`, section 2c of the protocol). Connection faults affect frames on their way to
 * one client; symbol faults affect the data of the symbol's source.
 */
import { z } from 'zod';

import { isSymbol, SYMBOL_FORM } from '../instrument/instrument.ts';
import { countSchema } from './primitive.ts';

export const MAX_FAULT_SHARE = 0.5;
export const MAX_STALL_MS = 60_000;
export const VENUE_FAULTS = ['gap', 'silent', 'crossed'] as const;
export type VenueFaultKind = (typeof VENUE_FAULTS)[number];
export const FAULT_KINDS = [
  'drop',
  'duplicate',
  'reorder',
  'corrupt',
  'stall',
  ...VENUE_FAULTS,
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

const shareSchema = z.number().min(0).max(MAX_FAULT_SHARE).default(0);
/** The share of frames that each fault affects; `stallMs` is the duration of occasional stalls. */
const connectionFaultsSchema = z.strictObject({
  drop: shareSchema,
  duplicate: shareSchema,
  reorder: shareSchema,
  corrupt: shareSchema,
  stallMs: z.int().min(0).max(MAX_STALL_MS).default(0),
});
export type ConnectionFaults = z.infer<typeof connectionFaultsSchema>;

/** Body of `POST /v1/chaos`. */
export const chaosCommandSchema = z.discriminatedUnion('target', [
  /** Every connection, including future ones; `faults: {}` turns the faults off. */
  z.strictObject({ target: z.literal('connections'), faults: connectionFaultsSchema }),
  z.strictObject({
    target: z.literal('connection'),
    connection: z.string().min(1).max(40),
    faults: connectionFaultsSchema,
  }),
  z.strictObject({
    target: z.literal('symbol'),
    symbol: z.string().refine(isSymbol, { error: `is not ${SYMBOL_FORM}` }),
    fault: z.enum(VENUE_FAULTS),
    forMs: z.int().min(100).max(MAX_STALL_MS).default(2_000),
  }),
]);
export type ChaosCommand = z.infer<typeof chaosCommandSchema>;

/** `active` while any fault can still occur; `injected` counts faults since the feed started. */
export const chaosSchema = z.object({
  active: z.boolean(),
  faults: connectionFaultsSchema,
  connections: z.array(z.object({ connection: z.string(), faults: connectionFaultsSchema })),
  symbols: z.array(
    z.object({ symbol: z.string(), fault: z.enum(VENUE_FAULTS), until: countSchema }),
  ),
  injected: z.record(z.enum(FAULT_KINDS), countSchema),
});
export type ChaosReport = z.infer<typeof chaosSchema>;
