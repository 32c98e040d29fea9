import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';

import {
  ingestReportSchema,
  ingestSchema,
  type PushedEvent,
  pushedHeadlineSchema,
} from '@tapedeck/market/wire/push';

import type { Access } from '../access/access.ts';
import { ApiError } from '../answer/api-error.ts';
import type { PushSource } from '../source/push/push-source.ts';
import { createRouter, json, operatorOnly, OPERATOR_RESPONSES, symbolParam } from './api.ts';

export const INGEST_PATH = '/v1/ingest';
/** Room for a book of thousands of levels; a batch has further limits. */
export const MAX_INGEST_BYTES = 1024 * 1024;

export type PushRouteDeps = {
  /** Waits until what was ingested is on disk; false if that does not happen in time, or nothing is recorded. */
  readonly committed: () => Promise<boolean>;
  /** Whether a headline with this id and title is in the history. */
  readonly isStored: (headline: { readonly id: string; readonly title: string }) => boolean;
  /** Whether a symbol is live or recorded. */
  readonly isKnown: (symbol: string) => boolean;
};

/** `POST` and `DELETE /v1/ingest` and `POST /v1/news`: a source of your own, for an operator (P24a). */
export function pushRoutes(
  access: Access,
  push: PushSource,
  { committed, isStored, isKnown }: PushRouteDeps,
): OpenAPIHono {
  const router = createRouter();
  const middleware = operatorOnly(access);
  const query = z.strictObject({});
  const ingest = createRoute({
    method: 'post',
    path: INGEST_PATH,
    summary: 'Push events from a source of your own; a batch is accepted or refused as a whole',
    middleware,
    request: {
      query,
      body: { required: true, content: { 'application/json': { schema: ingestSchema } } },
    },
    responses: { 200: json(ingestReportSchema, 'What was accepted'), ...OPERATOR_RESPONSES },
  });
  const pushedNews = z.object({ id: z.string(), duplicate: z.boolean(), stored: z.boolean() });
  const news = createRoute({
    method: 'post',
    path: '/v1/news',
    summary: 'Push a headline; each id is accepted once',
    middleware,
    request: {
      query,
      body: { required: true, content: { 'application/json': { schema: pushedHeadlineSchema } } },
    },
    responses: { 201: json(pushedNews, 'Its id'), ...OPERATOR_RESPONSES },
  });

  const remove = createRoute({
    method: 'delete',
    path: INGEST_PATH,
    summary: 'Remove a pushed market',
    middleware,
    request: { query: z.strictObject({ symbol: symbolParam }) },
    responses: { 204: { description: 'Removed' }, ...OPERATOR_RESPONSES },
  });

  router.openapi(ingest, async (c) => {
    const { events } = c.req.valid('json');
    checkMentions(events, isKnown);
    const report = push.push(events);
    if ('error' in report) throw new ApiError(report.error, report.message);
    if (events.some(({ type }) => type === 'headline')) await committed();
    return c.json(report, 200);
  });
  router.openapi(remove, (c) => {
    const refused = push.remove(c.req.valid('query').symbol);
    if (refused !== undefined) throw new ApiError(refused.error, refused.message);
    return c.body(null, 204);
  });
  router.openapi(news, async (c) => {
    const headline = c.req.valid('json');
    checkSymbols(headline.symbols, isKnown);
    const taken = push.headline(headline);
    if ('error' in taken) throw new ApiError(taken.error, taken.message);
    const { id, isNew } = taken;
    // Looked up, not inferred: the disk may have lost the first of two headlines.
    const stored = (await committed()) && isStored({ id, title: headline.title });
    return c.json({ id, duplicate: !isNew, stored }, 201);
  });
  return router;
}

/**
 * Headlines and status events of a batch name symbols too: each must be known, or announced before them in the batch.
 */
function checkMentions(events: readonly PushedEvent[], isKnown: PushRouteDeps['isKnown']): void {
  const announced = new Set<string>();
  for (const [index, event] of events.entries()) {
    if (event.type === 'instrument') announced.add(event.symbol);
    if (!('symbols' in event)) continue;
    const known = (symbol: string): boolean => announced.has(symbol) || isKnown(symbol);
    checkSymbols(event.symbols, known, `events.${index}.`);
  }
}

/** Under a misspelt symbol nobody would find the headline. */
function checkSymbols(
  symbols: readonly string[],
  isKnown: PushRouteDeps['isKnown'],
  at = '',
): void {
  for (const [index, symbol] of symbols.entries()) {
    if (!isKnown(symbol))
      throw new ApiError('unknown', `${at}symbols.${index}: unknown symbol ${symbol}`);
  }
}
