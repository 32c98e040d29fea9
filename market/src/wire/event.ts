/*
 * SSE events (P19). Each has `id: EPOCH:SEQ` and `event: news | status | alert | session`; the first after each
 * connect is `event: sync`. `data` is one of the bodies below. `GET /v1/events/since` returns the same bodies.
 */
import { z } from 'zod';

import { countSchema } from './primitive.ts';

export const EVENT_TOPICS = ['news', 'status', 'alert', 'session'] as const;
export type EventTopic = (typeof EVENT_TOPICS)[number];

export const headlineSchema = z.object({
  id: z.string(),
  time: countSchema,
  source: z.string(),
  symbols: z.array(z.string()).readonly(),
  title: z.string(),
  eventId: z.string().optional(),
  /** Where the story is, http or https. */
  link: z.string().optional(),
});
export type Headline = z.infer<typeof headlineSchema>;

export const statusEventSchema = z.object({
  time: countSchema,
  severity: z.enum(['info', 'warning', 'critical']),
  kind: z.string(),
  symbols: z.array(z.string()).readonly(),
  message: z.string(),
});
export type StatusBody = z.infer<typeof statusEventSchema>;

export const ALERT_STATES = [
  'normal',
  'pending',
  'firing',
  'recovering',
  'no-data',
  'error',
] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** A state change of an alert rule, as logged and delivered. */
export const alertEventSchema = z.object({
  id: z.string(),
  ruleId: z.string(),
  time: countSchema,
  symbol: z.string(),
  state: z.enum(ALERT_STATES),
  previousState: z.enum(ALERT_STATES),
  message: z.string(),
  /** The value that triggered the change: price in ticks, or age in ms. */
  value: z.number().nullable(),
});
export type AlertEvent = z.infer<typeof alertEventSchema>;

/** A session started, ended, was imported or was deleted. */
const sessionEventSchema = z.object({
  id: z.string(),
  change: z.enum(['started', 'ended', 'imported', 'deleted']),
  time: countSchema,
});
export type SessionEvent = z.infer<typeof sessionEventSchema>;

/** First event after each connect: where the stream continues, and how many events could not be recovered. */
const syncSchema = z.object({
  from: z.string(),
  resume: z.enum(['full', 'partial', 'none']),
  lost: countSchema,
  now: countSchema,
  /** Fault injection is on (section 2c): do not present this feed as healthy. */
  chaos: z.literal(true).optional(),
});
export type SyncBody = z.infer<typeof syncSchema>;

/** The type of `data` for each topic. */
export type EventBody = {
  readonly news: Headline;
  readonly status: StatusBody;
  readonly alert: AlertEvent;
  readonly session: SessionEvent;
};
/** One event of the event log, with its id. */
export type LoggedEvent = {
  [T in EventTopic]: { readonly id: string; readonly topic: T; readonly body: EventBody[T] };
}[EventTopic];
