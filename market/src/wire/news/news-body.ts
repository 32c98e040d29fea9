/* Body of `GET /v1/news/status`: the addresses from which the feed reads news (section 17 of the protocol). */
import { z } from 'zod';

import { countSchema } from '../primitive.ts';

const NEWS_STATES = ['waiting', 'ok', 'failing', 'gone'] as const;

const newsAddressSchema = z.object({
  /** Without its query, which may contain a key. */
  address: z.string(),
  /** As headlines name it; empty before the first document. */
  name: z.string(),
  /** `waiting`: not read yet. `gone`: its server said that it is gone for good. */
  state: z.enum(NEWS_STATES),
  /** Why it is `failing`. */
  problem: z.string().optional(),
  /** Where a permanent redirect leads; asked there until the next start. */
  movedTo: z.string().optional(),
  /** Last answer with a document, or that it is unchanged. */
  lastReadAt: countSchema.nullable(),
  nextReadAt: countSchema.nullable(),
  /** Items of the last document. */
  items: countSchema,
  /** Requests: answered with a new document, or that it is unchanged, or failed. */
  requests: z.object({ read: countSchema, unchanged: countSchema, failed: countSchema }),
  /** What became of the items; each counts once, unless its document changes (`unusable`, `excess`). */
  stories: z.object({
    told: countSchema,
    duplicate: countSchema,
    old: countSchema,
    undated: countSchema,
    unusable: countSchema,
    excess: countSchema,
  }),
});
export type NewsAddressReport = z.infer<typeof newsAddressSchema>;

export const newsStatusSchema = z.object({
  now: countSchema,
  addresses: z.array(newsAddressSchema),
  /** Symbols of the settings that are no market of the feed now. */
  missing: z.array(z.string()),
});
export type NewsStatus = z.infer<typeof newsStatusSchema>;
