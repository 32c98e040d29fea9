import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';

import { healthSchema, statusSchema } from '@tapedeck/market/wire/http';

import type { FeedMetrics } from '../status/metrics.ts';
import type { StatusBoard } from '../status/status-board.ts';
import { createRouter, json, tokenParam } from './api.ts';

const query = z.strictObject({ token: tokenParam });
const health = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Alive',
  responses: { 200: json(healthSchema, 'Alive, with its identity') },
});
const readyBody = z.object({
  ready: z.boolean(),
  reasons: z.array(z.string()),
  /** Symbols whose book is crossed or locked: correct, but worth a look (P15). */
  crossed: z.array(z.string()),
});
const ready = createRoute({
  method: 'get',
  path: '/readyz',
  summary: 'All books ok and the recorder ok',
  responses: { 200: json(readyBody, 'Ready'), 503: json(readyBody, 'Not ready, and why') },
});
const status = createRoute({
  method: 'get',
  path: '/v1/status',
  summary: 'The full status of the feed',
  request: { query },
  responses: { 200: json(statusSchema, 'Status') },
});

/** `/healthz`, `/readyz`, `/metrics`, `/v1/status`. */
export function healthRoutes(board: StatusBoard, metrics: FeedMetrics): OpenAPIHono {
  const router = createRouter();
  router.openapi(health, (c) => c.json({ status: 'ok' as const, ...board.identity() }, 200));
  router.openapi(ready, (c) => {
    const report = board.report();
    const reasons = report.symbols
      .filter((each) => each.state !== 'ok')
      .map((each) => `${each.symbol} is ${each.state}`);
    for (const symbol of board.awaited) reasons.push(`${symbol} is not there yet`);
    // The history says more than the recorder: it also covers what the recorder meets.
    if (report.history.state !== 'ok')
      reasons.push(`history is ${report.history.state}: ${report.history.message}`);
    else if (report.recorder.state !== 'ok' && report.recorder.state !== 'off')
      reasons.push(`recorder is ${report.recorder.state}: ${report.recorder.message}`);
    if (report.chaos?.active === true) reasons.push('faults are injected on purpose');
    const crossed = report.symbols
      .filter((each) => each.reason === 'crossed')
      .map((each) => each.symbol);
    return reasons.length === 0
      ? c.json({ ready: true, reasons, crossed }, 200)
      : c.json({ ready: false, reasons, crossed }, 503);
  });
  router.openapi(status, (c) => c.json(board.report(), 200));
  router.get('/metrics', async (c) =>
    c.text(await metrics.text(), 200, {
      'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
    }),
  );
  return router;
}
