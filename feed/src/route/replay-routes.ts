import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';

import { shownName } from '@tapedeck/market/wire/codec/codec';
import {
  createReplaySchema,
  errorBodySchema,
  replaySchema,
  replaysSchema,
} from '@tapedeck/market/wire/http';

import type { Access } from '../access/access.ts';
import type { AddressLimits } from '../access/address-limits.ts';
import { ApiError } from '../answer/api-error.ts';
import type { ReplayRooms } from '../replay/replay-rooms.ts';
import { createRouter, ERROR_RESPONSES, json, overLimit, tokenQuery } from './api.ts';

const idParams = z.object({ id: z.string().max(120) });

const create = createRoute({
  method: 'post',
  path: '/v1/replays',
  summary: 'Create a replay of a session or a range; join it with WS /v1/stream?replay=ID',
  request: {
    query: tokenQuery,
    body: {
      required: true,
      content: { 'application/json': { schema: z.strictObject(createReplaySchema.shape) } },
    },
  },
  responses: {
    201: json(replaySchema, 'The replay, paused'),
    ...ERROR_RESPONSES,
    429: json(errorBodySchema, 'Too many replays, for this address or in total (P23)'),
  },
});
const list = createRoute({
  method: 'get',
  path: '/v1/replays',
  summary: 'Open replays',
  request: { query: tokenQuery },
  responses: { 200: json(replaysSchema, 'Replays'), ...ERROR_RESPONSES },
});
const inspect = createRoute({
  method: 'get',
  path: '/v1/replays/{id}',
  summary: 'One replay',
  request: { params: idParams, query: tokenQuery },
  responses: { 200: json(replaySchema, 'The replay'), ...ERROR_RESPONSES },
});
const end = createRoute({
  method: 'delete',
  path: '/v1/replays/{id}',
  summary: 'End a replay for everyone in it',
  request: { params: idParams, query: tokenQuery },
  responses: { 204: { description: 'Ended' }, ...ERROR_RESPONSES },
});

/** `/v1/replays`: create, inspect and end replays (P26). */
export function replayRoutes(
  access: Access,
  limits: AddressLimits,
  rooms: ReplayRooms,
): OpenAPIHono {
  const router = createRouter();
  router.openapi(create, (c) => {
    const asked = c.req.valid('json');
    const { symbols = [] } = asked;
    const twice = symbols.find((symbol, index) => symbols.indexOf(symbol) !== index);
    if (twice !== undefined)
      throw new ApiError('badRequest', `symbols: ${shownName(twice)} is named twice`);
    const { address } = access.visitor(c);
    if (limits.refusal('replays', address)?.scope === 'address') rooms.deleteLeft(address);
    const over = limits.refusal('replays', address);
    if (over?.scope === 'address') throw overLimit(access, over);
    const release = limits.take('replays', address);
    const made = rooms.create(asked, release, address);
    if ('error' in made) {
      release();
      throw new ApiError(made.error, made.message);
    }
    return c.json(made.describe(), 201);
  });
  router.openapi(list, (c) =>
    c.json({ replays: rooms.list().map((room) => room.describe()) }, 200),
  );
  router.openapi(inspect, (c) => {
    const { id } = c.req.valid('param');
    const room = rooms.get(id);
    if (room === undefined) throw new ApiError('unknown', `id: unknown replay ${id}`);
    return c.json(room.describe(), 200);
  });
  router.openapi(end, (c) => {
    const { id } = c.req.valid('param');
    if (!rooms.delete(id)) throw new ApiError('unknown', `id: unknown replay ${id}`);
    return c.body(null, 204);
  });
  return router;
}
