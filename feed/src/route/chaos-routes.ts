import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';

import { chaosCommandSchema, chaosSchema } from '@tapedeck/market/wire/chaos';

import type { Access } from '../access/access.ts';
import { ApiError } from '../answer/api-error.ts';
import type { Chaos } from '../chaos/chaos.ts';
import { createRouter, json, operatorOnly, OPERATOR_RESPONSES } from './api.ts';

/** `/v1/chaos`: fault injection, for an operator (P24a), if the feed was started with faults allowed. */
export function chaosRoutes(access: Access, chaos: Chaos | undefined): OpenAPIHono {
  const router = createRouter();
  const middleware = operatorOnly(access);
  const query = z.strictObject({});
  const read = createRoute({
    method: 'get',
    path: '/v1/chaos',
    summary: 'The injected faults',
    middleware,
    request: { query },
    responses: { 200: json(chaosSchema, 'Faults and their counts'), ...OPERATOR_RESPONSES },
  });
  const command = createRoute({
    method: 'post',
    path: '/v1/chaos',
    summary: 'Inject faults into all connections, one of them, or the source of a symbol',
    middleware,
    request: {
      query,
      body: { required: true, content: { 'application/json': { schema: chaosCommandSchema } } },
    },
    responses: { 200: json(chaosSchema, 'Faults and their counts'), ...OPERATOR_RESPONSES },
  });
  const allowed = (): Chaos => {
    if (chaos !== undefined) return chaos;
    throw new ApiError('forbidden', 'chaos: not allowed, start the feed with TAPEDECK_CHAOS=on');
  };

  router.openapi(read, (c) => c.json(allowed().report(), 200));
  router.openapi(command, (c) => {
    const refused = allowed().command(c.req.valid('json'));
    if (refused !== undefined) throw new ApiError(refused.error, refused.message);
    return c.json(allowed().report(), 200);
  });
  return router;
}
