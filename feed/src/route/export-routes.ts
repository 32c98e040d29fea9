import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';

import type { History } from '@tapedeck/db/history';
import { errorBodySchema } from '@tapedeck/market/wire/http';
import { EXPORT_FORMATS, type ExportFormat } from '@tapedeck/market/wire/http';

import { ApiError } from '../answer/api-error.ts';
import type { ExportDesk } from '../export/export-desk.ts';
import { createRouter, ERROR_RESPONSES, json, tokenParam } from './api.ts';

const FILES: Readonly<Record<ExportFormat, { readonly suffix: string; readonly type: string }>> = {
  tape: { suffix: 'tape', type: 'application/vnd.sqlite3' },
  csv: { suffix: 'csv.zip', type: 'application/zip' },
  ndjson: { suffix: 'ndjson', type: 'application/x-ndjson' },
};

const download = createRoute({
  method: 'get',
  path: '/v1/sessions/{id}/export',
  summary: 'One session as a file: tape (SQLite), csv (Tardis layout, zipped) or ndjson',
  request: {
    params: z.object({ id: z.string().max(120) }),
    query: z.strictObject({ format: z.enum(EXPORT_FORMATS).optional(), token: tokenParam }),
  },
  responses: {
    200: {
      description: 'The file',
      content: { 'application/octet-stream': { schema: z.string() } },
    },
    ...ERROR_RESPONSES,
    429: json(errorBodySchema, 'Other exports are running'),
  },
});

/** `GET /v1/sessions/:id/export`. */
export function exportRoutes(history: History, desk: ExportDesk): OpenAPIHono {
  const router = createRouter();
  router.openapi(download, async (c) => {
    const { id } = c.req.valid('param');
    const { format = 'tape' } = c.req.valid('query');
    if (history.sessions.get(id) === undefined)
      throw new ApiError('unknown', `id: unknown session ${id}`);
    const opened = await desk.open(id, format, c.req.raw.signal);
    if ('refused' in opened) {
      const error = opened.refused === 'busy' ? 'tooManyRequests' : 'notRecoverable';
      throw new ApiError(error, opened.message);
    }
    const { suffix, type } = FILES[format];
    return new Response(opened.body, {
      headers: {
        'Content-Type': type,
        'Content-Disposition': `attachment; filename="${fileNameOf(id)}.${suffix}"`,
        'Cache-Control': 'no-store, no-transform',
        'X-Content-Type-Options': 'nosniff',
      },
    });
  });
  return router;
}

/** A file name valid on every system that cannot break out of the header. */
function fileNameOf(session: string): string {
  const safe = session.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '');
  return safe === '' ? 'session' : safe;
}
