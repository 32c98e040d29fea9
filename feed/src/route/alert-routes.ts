import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';

import type { History } from '@tapedeck/db/history';
import {
  alertInputSchema,
  alertPatchSchema,
  type AlertRule,
  alertRuleSchema,
} from '@tapedeck/market/wire/alert';
import type { AlertEvent } from '@tapedeck/market/wire/event';
import { alertsSchema } from '@tapedeck/market/wire/http';

import type { AlertEngine } from '../alerts/alert-engine.ts';
import { ApiError } from '../answer/api-error.ts';
import type { EventLog } from '../event/event-log.ts';
import { createRouter, ERROR_RESPONSES, json, tokenParam, tokenQuery, wholeNumber } from './api.ts';

export type AlertRouteDeps = {
  readonly alerts: AlertEngine;
  readonly history: History;
  readonly log: EventLog;
  /** Announces to everyone that a rule was created, changed or removed (P13e). */
  readonly onRule: (rule: AlertRule, change: 'made' | 'changed' | 'removed') => void;
  /** Whether a symbol is live. */
  readonly isKnown: (symbol: string) => boolean;
};

const MAX_LOG = 500;
const DEFAULT_LOG = 100;
const idParams = z.object({ id: z.string().max(80) });

const list = createRoute({
  method: 'get',
  path: '/v1/alerts',
  summary: 'Alert rules with their states, and their log, newest first',
  request: {
    query: z.strictObject({ limit: wholeNumber(1, MAX_LOG).optional(), token: tokenParam }),
  },
  responses: { 200: json(alertsSchema, 'Rules and log'), ...ERROR_RESPONSES },
});
const create = createRoute({
  method: 'post',
  path: '/v1/alerts',
  summary: 'Create an alert rule',
  request: {
    query: tokenQuery,
    body: { required: true, content: { 'application/json': { schema: alertInputSchema } } },
  },
  responses: { 201: json(alertRuleSchema, 'The rule'), ...ERROR_RESPONSES },
});
const patch = createRoute({
  method: 'patch',
  path: '/v1/alerts/{id}',
  summary: 'Change an alert rule',
  request: {
    params: idParams,
    query: tokenQuery,
    body: {
      required: true,
      content: { 'application/json': { schema: z.strictObject(alertPatchSchema.shape) } },
    },
  },
  responses: { 200: json(alertRuleSchema, 'The rule'), ...ERROR_RESPONSES },
});
const remove = createRoute({
  method: 'delete',
  path: '/v1/alerts/{id}',
  summary: 'Delete an alert rule',
  request: { params: idParams, query: tokenQuery },
  responses: { 204: { description: 'Deleted' }, ...ERROR_RESPONSES },
});

/** `/v1/alerts`: rules and their log. */
export function alertRoutes(deps: AlertRouteDeps): OpenAPIHono {
  const { alerts, history, log, onRule, isKnown } = deps;
  const router = createRouter();

  router.openapi(list, (c) => {
    const { limit = DEFAULT_LOG } = c.req.valid('query');
    const stored = history.events.alerts({ limit }).items;
    return c.json({ rules: [...alerts.list()], log: newestFirst(log, stored, limit) }, 200);
  });

  router.openapi(create, (c) => {
    const input = c.req.valid('json');
    if (!isKnown(input.symbol))
      throw new ApiError('unknown', `symbol: unknown symbol ${input.symbol}`);
    const made = alerts.create(input);
    if ('refused' in made) throw new ApiError('badRequest', made.refused);
    onRule(made, 'made');
    return c.json(made, 201);
  });

  router.openapi(patch, (c) => {
    const { id } = c.req.valid('param');
    const changed = alerts.patch(id, c.req.valid('json'));
    if (changed === undefined) throw new ApiError('unknown', `id: unknown alert rule ${id}`);
    if ('refused' in changed) throw new ApiError('badRequest', changed.refused);
    onRule(changed, 'changed');
    return c.json(changed, 200);
  });

  router.openapi(remove, (c) => {
    const { id } = c.req.valid('param');
    const rule = alerts.list().find((each) => each.id === id);
    if (rule === undefined || !alerts.remove(id))
      throw new ApiError('unknown', `id: unknown alert rule ${id}`);
    onRule(rule, 'removed');
    return c.body(null, 204);
  });

  return router;
}

/** The stored log, preceded by what the recorder has not written yet. */
function newestFirst(log: EventLog, stored: readonly AlertEvent[], limit: number): AlertEvent[] {
  const known = new Set(stored.map((event) => event.id));
  const fresh = log
    .recent(['alert'], limit)
    .flatMap((event) => (event.topic === 'alert' && !known.has(event.body.id) ? [event.body] : []));
  return [...fresh.toReversed(), ...stored].toSorted((a, b) => b.time - a.time).slice(0, limit);
}
