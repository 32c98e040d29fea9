import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';

import { shown } from '@tapedeck/market/wire/codec/codec';
import {
  venueInstrumentsSchema,
  type VenuesStatus,
  venuesSchema,
  venuesStatusSchema,
} from '@tapedeck/market/wire/venue/venue-body';

import { ApiError } from '../answer/api-error.ts';
import type { VenueCatalogue } from '../desk/venue-catalogue.ts';
import { createRouter, ERROR_RESPONSES, json, tokenParam, tokenQuery, wholeNumber } from './api.ts';

const MAX_FOUND = 200;
const DEFAULT_FOUND = 50;

const list = createRoute({
  method: 'get',
  path: '/v1/venues',
  summary: 'The venues that can be live, and what each can promise',
  request: { query: tokenQuery },
  responses: { 200: json(venuesSchema, 'The venues'), ...ERROR_RESPONSES },
});
const status = createRoute({
  method: 'get',
  path: '/v1/venues/status',
  summary: 'The links to the venues in use, and what happened to them',
  request: { query: tokenQuery },
  responses: { 200: json(venuesStatusSchema, 'The links'), ...ERROR_RESPONSES },
});
const instruments = createRoute({
  method: 'get',
  path: '/v1/venues/{venue}/instruments',
  summary: 'What a venue lists, at most ten minutes old, best matches first',
  request: {
    params: z.object({ venue: z.string().max(24) }),
    query: z.strictObject({
      search: z.string().max(80).optional(),
      limit: wholeNumber(1, MAX_FOUND).optional(),
      token: tokenParam,
    }),
  },
  responses: { 200: json(venueInstrumentsSchema, 'Instruments'), ...ERROR_RESPONSES },
});

/** `/v1/venues`: what can be live, what each venue lists, and how the feed is connected to them (P36). */
export function venueRoutes(catalogue: VenueCatalogue, statusNow: () => VenuesStatus): OpenAPIHono {
  const router = createRouter();
  router.openapi(list, (c) => c.json({ venues: catalogue.list() }, 200));
  router.openapi(status, (c) => c.json(statusNow(), 200));
  router.openapi(instruments, async (c) => {
    const { venue } = c.req.valid('param');
    const { search = '', limit = DEFAULT_FOUND } = c.req.valid('query');
    const found = await catalogue.find(venue, search, limit);
    if (found === undefined) {
      const known = catalogue.list().map((each) => each.venue);
      throw new ApiError('unknown', `venue: ${shown(venue)} is not one of ${known.join(', ')}`);
    }
    if (typeof found === 'string') throw new ApiError('notReady', `venue: ${found}`);
    return c.json(found, 200);
  });
  return router;
}
