/* Bodies of the HTTP API about live venues (section 16 of the protocol): sources, instruments, and their links. */
import { z } from 'zod';

import { capabilitySchema } from '../http.ts';
import { countSchema, standingFields, stateSchema } from '../primitive.ts';

export const sourceInputSchema = z.strictObject({
  venue: z.string().max(24),
  id: z.string().max(80),
});

/** `isKept`: it was added while the feed ran, and comes back with the next start. */
export const sourceSchema = z.object({
  venue: z.string(),
  id: z.string(),
  symbol: z.string(),
  ...standingFields,
  state: stateSchema,
  isKept: z.boolean(),
  capability: capabilitySchema,
  /** Why it has no data, as the venue or the network says it; absent if nothing is known. */
  problem: z.string().optional(),
  /** How often its book was compared with something else that the venue states; absent before it is subscribed. */
  audits: z.object({ made: countSchema, matched: countSchema, mismatched: countSchema }).optional(),
});
export type SourceReport = z.infer<typeof sourceSchema>;
export const sourcesSchema = z.object({ sources: z.array(sourceSchema) });
export type SourcesBody = z.infer<typeof sourcesSchema>;

/** The venues that can be live. `hosts`: where sockets and requests go. */
export const venuesSchema = z.object({
  venues: z.array(
    z.object({
      venue: z.string(),
      capability: capabilitySchema,
      hosts: z.object({ socket: z.string(), http: z.string() }),
      /** Its live markets, announced or not. */
      markets: countSchema,
    }),
  ),
});
export type VenuesBody = z.infer<typeof venuesSchema>;

/** An instrument as its venue lists it. */
const venueInstrumentSchema = z.object({
  id: z.string(),
  symbol: z.string(),
  base: z.string(),
  quote: z.string(),
  tickSize: z.string(),
  lotSize: z.string(),
  status: z.enum(['open', 'halted', 'gone']),
  /** Whether it is a live market of this feed. */
  isLive: z.boolean(),
});
export type VenueInstrumentBody = z.infer<typeof venueInstrumentSchema>;
export const venueInstrumentsSchema = z.object({
  venue: z.string(),
  /** The best matches first, at most `limit`. */
  instruments: z.array(venueInstrumentSchema),
  /** All matches. */
  found: countSchema,
});
export type VenueInstrumentsBody = z.infer<typeof venueInstrumentsSchema>;

const LINK_STATES = ['idle', 'dialling', 'up', 'moving', 'bridging', 'back-off', 'banned'] as const;

const LINK_HAPPENINGS = [
  'dialling',
  'opened',
  'failed',
  'banned',
  'lost',
  'moving',
  'bridging',
  'moved',
  'not-moved',
  'resubscribed',
  'closed',
] as const;

const rates = { messagesPerSecond: countSchema, bytesPerSecond: countSchema };

const venueLinkSchema = z.object({
  id: countSchema,
  path: z.string(),
  state: z.enum(LINK_STATES),
  upMs: countSchema.optional(),
  /** Failed attempts since it was last up. */
  attempts: countSchema,
  nextAttemptAt: countSchema.optional(),
  trouble: z.string().optional(),
  streams: countSchema,
  ...rates,
});

export type VenueLinkBody = z.infer<typeof venueLinkSchema>;

const timelineEventSchema = z.object({
  time: countSchema,
  link: countSchema,
  what: z.enum(LINK_HAPPENINGS),
  why: z.string(),
  /** How often in a row; `time` is the last. */
  count: countSchema,
});

export type VenueTimelineEvent = z.infer<typeof timelineEventSchema>;

const venueStatusSchema = z.object({
  venue: z.string(),
  capability: capabilitySchema,
  links: z.array(venueLinkSchema),
  bans: z.array(z.object({ host: z.string(), status: countSchema, until: countSchema })),
  /** The venue's clock minus the feed's, less the time of the fastest message; null if unknown (P36a). */
  clockOffsetMs: z.number().nullable(),
  messages: countSchema,
  bytes: countSchema,
  ...rates,
  /** Mean cost of one message, from text to events; null before the first. */
  parseMicros: z.number().nullable(),
  missingTrades: countSchema,
  audits: z.object({ done: countSchema, failed: countSchema }),
  /** Attempts that failed, and sockets that were lost. */
  dials: z.object({ failed: countSchema, lost: countSchema }),
  subscriptions: z.array(
    z.object({
      symbol: z.string(),
      kind: z.enum(['book', 'trades', 'quote']),
      /** How long the first data took; null while it is awaited. */
      firstDataMs: countSchema.nullable(),
      /** How long it has been awaited; null once it has come. */
      waitingMs: countSchema.nullable(),
    }),
  ),
  /** Oldest first, at most 100. */
  timeline: z.array(timelineEventSchema),
});
export type VenueStatus = z.infer<typeof venueStatusSchema>;
export const venuesStatusSchema = z.object({
  now: countSchema,
  venues: z.array(venueStatusSchema),
});
export type VenuesStatus = z.infer<typeof venuesStatusSchema>;
