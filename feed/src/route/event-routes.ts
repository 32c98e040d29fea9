import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';

import type { Clock } from '@tapedeck/market/time/clock';
import { EVENT_TOPICS, type EventTopic } from '@tapedeck/market/wire/event';
import { eventsSinceSchema } from '@tapedeck/market/wire/http';

import type { Access } from '../access/access.ts';
import type { AddressLimits } from '../access/address-limits.ts';
import { ApiError } from '../answer/api-error.ts';
import { type EventLog, parseEventId } from '../event/event-log.ts';
import { type EventFilter, type EventStreams, matches } from '../event/event-stream.ts';
import type { ReplayRooms } from '../replay/replay-rooms.ts';
import {
  createRouter,
  ERROR_RESPONSES,
  json,
  listParam,
  overLimit,
  STREAM_RESPONSES,
  tokenParam,
  wholeNumber,
} from './api.ts';

export type EventRouteDeps = {
  readonly access: Access;
  readonly limits: AddressLimits;
  readonly log: EventLog;
  readonly streams: EventStreams;
  readonly rooms: ReplayRooms;
  readonly clock: Clock;
  /** Why new clients are refused now; undefined while they are not. */
  readonly overload: () => string | undefined;
  /** Whether a symbol is live or recorded. */
  readonly isKnown: (symbol: string) => boolean;
  /** Whether faults are injected on purpose. */
  readonly hasChaos?: () => boolean;
};

const MAX_POLLED = 500;
const DEFAULT_POLLED = 100;
const topicsParam = listParam;
const idText = z.string().max(80).optional();

const stream = createRoute({
  method: 'get',
  path: '/v1/events',
  summary: 'Server-sent events: news, status, alert, session',
  request: {
    query: z.strictObject({
      topics: topicsParam,
      symbols: listParam,
      last_event_id: idText,
      replay: idText,
      token: tokenParam,
    }),
  },
  responses: {
    200: { description: 'The stream', content: { 'text/event-stream': { schema: z.string() } } },
    ...STREAM_RESPONSES,
  },
});
const poll = createRoute({
  method: 'get',
  path: '/v1/events/since',
  summary: 'The same events by polling',
  request: {
    query: z.strictObject({
      id: idText,
      limit: wholeNumber(1, MAX_POLLED).optional(),
      topics: topicsParam,
      symbols: listParam,
      replay: idText,
      token: tokenParam,
    }),
  },
  responses: { 200: json(eventsSinceSchema, 'Events after `id`'), ...ERROR_RESPONSES },
});

/** `/v1/events` and its polling form (P19). */
export function eventRoutes(deps: EventRouteDeps): OpenAPIHono {
  const { access, limits, log, streams, rooms, clock, overload, isKnown, hasChaos } = deps;
  const router = createRouter();
  const logOf = (replay: string | undefined): EventLog => {
    if (replay === undefined) return log;
    const room = rooms.get(replay);
    if (room === undefined) throw new ApiError('unknown', `replay: unknown replay ${replay}`);
    return room.events;
  };

  router.openapi(stream, (c) => {
    const query = c.req.valid('query');
    const filter = filterOf(query, isKnown);
    const lastEventId = c.req.header('last-event-id') ?? query.last_event_id;
    checkId('last_event_id', lastEventId);
    const refusal = overload();
    if (refusal !== undefined) {
      access.refusals.add('overload');
      throw new ApiError('notReady', refusal);
    }
    const { address } = access.visitor(c);
    const over = limits.refusal('eventStreams', address);
    if (over !== undefined) throw overLimit(access, over);
    const source = logOf(query.replay);
    const release = limits.take('eventStreams', address);
    return streams.open(c, source, filter, lastEventId, release);
  });

  router.openapi(poll, (c) => {
    const query = c.req.valid('query');
    const filter = filterOf(query, isKnown);
    checkId('id', query.id);
    const source = logOf(query.replay);
    const resumed =
      query.id === undefined
        ? { events: [], resume: 'none' as const, lost: 0 }
        : source.after(query.id, filter.topics);
    const events = resumed.events
      .filter((event) => matches(event, filter))
      .slice(0, query.limit ?? DEFAULT_POLLED);
    const isCut = events.length < resumed.events.length;
    const next = isCut ? (events.at(-1)?.id ?? source.position) : source.position;
    const from = resumed.resume === 'none' ? source.position : (query.id ?? source.position);
    return c.json(
      {
        sync: {
          from,
          resume: resumed.resume,
          lost: resumed.lost,
          now: clock.now(),
          ...(hasChaos?.() === true ? { chaos: true as const } : {}),
        },
        events: events.map((event) => ({ id: event.id, event: event.topic, data: event.body })),
        next,
      },
      200,
    );
  });

  return router;
}

function filterOf(
  query: {
    readonly topics?: readonly string[] | undefined;
    readonly symbols?: readonly string[] | undefined;
  },
  isKnown: (symbol: string) => boolean,
): EventFilter {
  const topics = query.topics ?? EVENT_TOPICS;
  const unknown = topics.find((topic) => !EVENT_TOPICS.includes(topic as EventTopic));
  if (unknown !== undefined)
    throw new ApiError(
      'badRequest',
      `topics: "${unknown}" is not one of ${EVENT_TOPICS.join(', ')}`,
    );
  const stranger = query.symbols?.find((symbol) => !isKnown(symbol));
  if (stranger !== undefined) throw new ApiError('unknown', `symbols: unknown symbol ${stranger}`);
  return { topics: topics as readonly EventTopic[], symbols: query.symbols ?? [] };
}

function checkId(field: string, id: string | undefined): void {
  if (id !== undefined && parseEventId(id) === undefined)
    throw new ApiError('badRequest', `${field}: "${id}" is not EPOCH:SEQ`);
}
