import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';

import {
  sourceInputSchema,
  sourceSchema,
  sourcesSchema,
} from '@tapedeck/market/wire/venue/venue-body';

import type { Access } from '../access/access.ts';
import { ApiError } from '../answer/api-error.ts';
import type { LiveSources } from '../desk/live-sources.ts';
import {
  createRouter,
  ERROR_RESPONSES,
  json,
  operatorOnly,
  OPERATOR_RESPONSES,
  tokenQuery,
} from './api.ts';

const SOURCES_PATH = '/v1/sources';

/** `/v1/sources`: live markets of venues, which an operator can add and remove (P24a). */
export function sourceRoutes(access: Access, sources: LiveSources): OpenAPIHono {
  const router = createRouter();
  const middleware = operatorOnly(access);
  const list = createRoute({
    method: 'get',
    path: SOURCES_PATH,
    summary: 'Live markets of venues, with their states and what each venue can promise',
    request: { query: tokenQuery },
    responses: { 200: json(sourcesSchema, 'The markets'), ...ERROR_RESPONSES },
  });
  const add = createRoute({
    method: 'post',
    path: SOURCES_PATH,
    summary: 'Add a live market; it comes back with the next start',
    middleware,
    request: {
      query: z.strictObject({}),
      body: { required: true, content: { 'application/json': { schema: sourceInputSchema } } },
    },
    responses: { 201: json(sourceSchema, 'The market'), ...OPERATOR_RESPONSES },
  });
  const remove = createRoute({
    method: 'delete',
    path: SOURCES_PATH,
    summary: 'Remove a live market; what was recorded of it stays',
    middleware,
    request: { query: sourceInputSchema },
    responses: { 204: { description: 'Removed' }, ...OPERATOR_RESPONSES },
  });

  router.openapi(list, (c) => c.json({ sources: [...sources.list()] }, 200));
  router.openapi(add, (c) => {
    const { venue, id } = c.req.valid('json');
    const added = sources.add(venue, id);
    if (typeof added === 'string') throw new ApiError('badRequest', added);
    return c.json(added, 201);
  });
  router.openapi(remove, (c) => {
    const { venue, id } = c.req.valid('query');
    if (!sources.remove(venue, id))
      throw new ApiError('unknown', `id: ${id} of ${venue} is no live market of this feed`);
    return c.body(null, 204);
  });
  return router;
}
