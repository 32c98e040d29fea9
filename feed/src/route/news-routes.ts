import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';

import { type NewsStatus, newsStatusSchema } from '@tapedeck/market/wire/news/news-body';

import { createRouter, ERROR_RESPONSES, json, tokenQuery } from './api.ts';

const status = createRoute({
  method: 'get',
  path: '/v1/news/status',
  summary: 'The addresses from which news is read, and what became of their items',
  request: { query: tokenQuery },
  responses: { 200: json(newsStatusSchema, 'The addresses'), ...ERROR_RESPONSES },
});

/** `/v1/news/status`: where news comes from (P37). */
export function newsRoutes(statusNow: () => NewsStatus): OpenAPIHono {
  const router = createRouter();
  router.openapi(status, (c) => c.json(statusNow(), 200));
  return router;
}
