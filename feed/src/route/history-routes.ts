import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { z } from 'zod';

import type { History } from '@tapedeck/db/history';
import type { Session } from '@tapedeck/market/instrument/session';
import type { Clock } from '@tapedeck/market/time/clock';
import type { Headline } from '@tapedeck/market/wire/event';
import {
  newsSchema,
  sessionDetailSchema,
  type SessionDetailBody,
  sessionsSchema,
  silhouetteSchema,
} from '@tapedeck/market/wire/http';

import { ApiError, checkRange } from '../answer/api-error.ts';
import { answerKept, KeptAnswers } from '../answer/kept-answers.ts';
import { SpareTime } from '../answer/spare-time.ts';
import type { EventLog } from '../event/event-log.ts';
import type { ReplayRoom } from '../replay/replay-room.ts';
import type { ReplayRooms } from '../replay/replay-rooms.ts';
import {
  createRouter,
  ERROR_RESPONSES,
  json,
  listParam,
  timeParam,
  tokenParam,
  tokenQuery,
  wholeNumber,
} from './api.ts';

export type HistoryRouteDeps = {
  readonly history: History;
  readonly log: EventLog;
  readonly rooms: ReplayRooms;
  readonly clock: Clock;
  /** Monotonic clock that limits a turn of the event loop, ms. */
  readonly workNow: () => number;
  /** The address that limits count (P24c). */
  readonly addressOf?: (context: Context) => string;
  /** Whether a symbol is live or recorded. */
  readonly isKnown: (symbol: string) => boolean;
};

/** Buckets of the silhouette: about as many as a scrubber has pixels. */
const SILHOUETTE_BUCKETS = 240;
const MAX_POINTS = 2_000;
/** Markets per drawing: each costs several seeks. */
const MAX_DRAWN = 8;
/** A bucket that the recorder has not written yet must not look like one without trades. */
const SETTLE_MS = 1_500;
const MAX_HEADLINES = 500;
const DEFAULT_NEWS = 100;
const CURSOR = /^(?:0|[1-9]\d{0,14})\.(?:0|[1-9]\d{0,14})$/;

const sessions = createRoute({
  method: 'get',
  path: '/v1/sessions',
  summary: 'Recorded sessions, newest first',
  request: { query: tokenQuery },
  responses: { 200: json(sessionsSchema, 'Sessions'), ...ERROR_RESPONSES },
});
const session = createRoute({
  method: 'get',
  path: '/v1/sessions/{id}',
  summary: 'One session with its instruments, volume silhouette and headlines',
  request: { params: z.object({ id: z.string().max(120) }), query: tokenQuery },
  responses: { 200: json(sessionDetailSchema, 'The session'), ...ERROR_RESPONSES },
});
const silhouette = createRoute({
  method: 'get',
  path: '/v1/sessions/{id}/silhouette',
  summary: 'Volume, spread and news of a session in equal buckets',
  request: {
    params: z.object({ id: z.string().max(120) }),
    query: z.strictObject({
      points: wholeNumber(1, MAX_POINTS).optional(),
      symbols: listParam,
      token: tokenParam,
    }),
  },
  responses: { 200: json(silhouetteSchema, 'The silhouette'), ...ERROR_RESPONSES },
});
const news = createRoute({
  method: 'get',
  path: '/v1/news',
  summary: 'Stored headlines, newest first',
  request: {
    query: z.strictObject({
      symbols: listParam,
      from: timeParam,
      to: timeParam,
      limit: wholeNumber(1, MAX_HEADLINES).optional(),
      cursor: z
        .string()
        .refine((text) => CURSOR.test(text), { error: 'is not a cursor of this feed' })
        .optional(),
      session: z.string().max(120).optional(),
      replay: z.string().max(120).optional(),
      token: tokenParam,
    }),
  },
  responses: { 200: json(newsSchema, 'Headlines'), ...ERROR_RESPONSES },
});

/** `/v1/sessions`, `/v1/sessions/:id` and its silhouette, `/v1/news`. */
export function historyRoutes(deps: HistoryRouteDeps): OpenAPIHono {
  const { history, log, rooms, isKnown, clock, workNow, addressOf = () => 'anybody' } = deps;
  const router = createRouter();
  const kept = new KeptAnswers();
  const spareTime = new SpareTime(workNow);

  router.openapi(sessions, (c) =>
    c.json({ sessions: history.sessions.list().map(sessionBody) }, 200),
  );

  router.openapi(session, async (c) => {
    const { id } = c.req.valid('param');
    const found = history.sessions.get(id);
    if (found === undefined) throw new ApiError('unknown', `id: unknown session ${id}`);
    const answer = await kept.of(`session ${id}`, revisionOf(found), async () => {
      const drawing = () =>
        history.silhouettes.volumes(id, found.symbols, found, SILHOUETTE_BUCKETS);
      const drawn = await spareTime.do(addressOf(c), drawing);
      const volume = Object.fromEntries(
        Object.entries(drawn.volume).map(([symbol, values]) => [symbol, [...values]]),
      );
      const body: SessionDetailBody = {
        ...sessionBody(found),
        instruments: history.instruments.list(id).map((each) => ({ ...each })),
        silhouette: { bucketMs: drawn.bucketMs, volume },
        headlines: [
          ...history.events.headlines({ session: id, limit: MAX_HEADLINES }).items,
        ].reverse(),
        intervals: Object.fromEntries(
          found.symbols.map((symbol) => [symbol, [...history.candles.intervals(id, symbol)]]),
        ),
      };
      return body;
    });
    return answerKept(c, answer);
  });

  router.openapi(silhouette, async (c) => {
    const { id } = c.req.valid('param');
    const { points = SILHOUETTE_BUCKETS, symbols } = c.req.valid('query');
    const found = history.sessions.get(id);
    if (found === undefined) throw new ApiError('unknown', `id: unknown session ${id}`);
    const stranger = symbols?.find((symbol) => !found.symbols.includes(symbol));
    if (stranger !== undefined)
      throw new ApiError('unknown', `symbols: ${stranger} is not in session ${id}`);
    const drawn = (symbols ?? found.symbols).slice(0, MAX_DRAWN);
    const name = `silhouette ${id} ${points} ${drawn.join(',')}`;
    const answer = await kept.of(name, revisionOf(found), async () => {
      const shape = await spareTime.do(addressOf(c), () =>
        history.silhouettes.draw(id, drawn, found, points),
      );
      const body: z.infer<typeof silhouetteSchema> = {
        session: id,
        to: found.to,
        ...shape,
        news: [...shape.news],
        markets: shape.markets.map((market) => ({
          ...market,
          volume: [...market.volume],
          spread: [...market.spread],
        })),
      };
      return body;
    });
    return answerKept(c, answer);
  });

  router.openapi(news, (c) => {
    const { symbols, limit = DEFAULT_NEWS, replay, ...query } = c.req.valid('query');
    const room = roomOf(rooms, replay);
    checkRange(query.from, query.to);
    if (query.session !== undefined && history.sessions.get(query.session) === undefined)
      throw new ApiError('unknown', `session: unknown session ${query.session}`);
    const stranger = symbols?.find((symbol) => !isKnown(symbol));
    if (stranger !== undefined)
      throw new ApiError('unknown', `symbols: unknown symbol ${stranger}`);
    const page = history.events.headlines({
      from: query.from,
      // A replay's news ends at its clock.
      to: room === undefined ? query.to : Math.min(query.to ?? room.time - 1, room.time - 1),
      cursor: query.cursor,
      session: room?.session.id ?? query.session,
      symbols,
      limit,
    });
    const isHead =
      query.cursor === undefined && query.to === undefined && query.session === undefined;
    const fresh = isHead && room === undefined ? unwritten(log, page.items, symbols) : [];
    const headlines = [...fresh, ...page.items].slice(0, limit);
    const impacts = history.impacts.of(headlines, {
      now: room?.time ?? clock.now() - SETTLE_MS,
      session: room?.session.id ?? query.session,
      symbols,
    });
    return c.json(
      {
        headlines: headlines.map((headline, i) => ({
          ...headline,
          impact: [...(impacts[i] ?? [])],
        })),
        ...(page.next === undefined ? {} : { next: page.next }),
      },
      200,
    );
  });

  return router;
}

function roomOf(rooms: ReplayRooms, replay: string | undefined): ReplayRoom | undefined {
  const room = replay === undefined ? undefined : rooms.get(replay);
  if (replay !== undefined && room === undefined)
    throw new ApiError('unknown', `replay: unknown replay ${replay}`);
  return room;
}

/** Headlines that the recorder has not written yet (or never will if nothing is recorded), newest first. */
function unwritten(
  log: EventLog,
  stored: readonly Headline[],
  symbols: readonly string[] | undefined,
): readonly Headline[] {
  const known = new Set(stored.map((headline) => headline.id));
  return log
    .recent(['news'], MAX_HEADLINES)
    .flatMap((event) => (event.topic === 'news' ? [event.body] : []))
    .filter((headline) => !known.has(headline.id) && headline.time >= (stored[0]?.time ?? 0))
    .filter(
      (headline) =>
        symbols === undefined || headline.symbols.some((symbol) => symbols.includes(symbol)),
    )
    .toReversed();
}

/** Changes whenever something is recorded in a session or deleted from it. */
function revisionOf({ from, to, open, coverage, counts, gaps }: Session): string {
  return JSON.stringify([from, to, open, coverage, counts, gaps.length]);
}

function sessionBody(
  session: Session,
): Omit<SessionDetailBody, 'instruments' | 'silhouette' | 'headlines' | 'intervals'> {
  return {
    ...session,
    symbols: [...session.symbols],
    gaps: session.gaps.map((gap) => ({ ...gap })),
    origin: { ...session.origin },
  };
}
