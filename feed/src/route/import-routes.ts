import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';

import { DecimalError, DecimalScale } from '@tapedeck/market/number/decimal';
import { errorBodySchema } from '@tapedeck/market/wire/http';
import { importSchema, importsSchema } from '@tapedeck/market/wire/import';

import type { Access } from '../access/access.ts';
import { ApiError } from '../answer/api-error.ts';
import { RECORDING_FORMATS } from '../import/format/recording-formats.ts';
import { type ImportDesk, MAX_IMPORTS } from '../upload/import-desk.ts';
import { receiveFiles, UploadError } from '../upload/uploaded-files.ts';
import {
  createRouter,
  ERROR_RESPONSES,
  json,
  OPERATOR_RESPONSES,
  operatorOnly,
  tokenParam,
} from './api.ts';

export const IMPORTS_PATH = '/v1/imports';
const FORMATS = ['auto', ...RECORDING_FORMATS.map((format) => format.name)];
const idParams = z.object({ id: z.string().max(120) });
const tokenQuery = z.strictObject({ token: tokenParam });
const step = z
  .string()
  .max(40)
  .refine(isStep, { error: 'is not a decimal step such as 0.01' })
  .optional();
const choices = z.strictObject({
  /** Name of the one file if the body is not a form. */
  name: z.string().max(200).optional(),
  format: z
    .string()
    .refine((text) => FORMATS.includes(text), { error: `is not one of ${FORMATS.join(', ')}` })
    .optional(),
  symbol: z.string().max(80).optional(),
  tickSize: step,
  lotSize: step,
  strict: z.enum(['true', 'false']).optional(),
  token: tokenParam,
});

/** `/v1/imports`: start imports (operator only), follow their progress, cancel them. */
export function importRoutes(access: Access, desk: ImportDesk): OpenAPIHono {
  const router = createRouter();
  const middleware = operatorOnly(access);
  const create = createRoute({
    method: 'post',
    path: IMPORTS_PATH,
    summary: 'Import recordings: a multipart form of files, or one file as the body',
    middleware,
    request: { query: choices },
    responses: {
      202: json(importSchema, 'All files received, the import has started'),
      ...OPERATOR_RESPONSES,
      429: json(errorBodySchema, 'Other imports are running'),
    },
  });
  const list = createRoute({
    method: 'get',
    path: IMPORTS_PATH,
    summary: 'Running and recent imports, newest first',
    request: { query: tokenQuery },
    responses: { 200: json(importsSchema, 'Imports'), ...ERROR_RESPONSES },
  });
  const inspect = createRoute({
    method: 'get',
    path: `${IMPORTS_PATH}/{id}`,
    summary: 'One import: progress and result',
    request: { params: idParams, query: tokenQuery },
    responses: { 200: json(importSchema, 'The import'), ...ERROR_RESPONSES },
  });
  const cancel = createRoute({
    method: 'delete',
    path: `${IMPORTS_PATH}/{id}`,
    summary: 'Cancel an import; nothing of it is kept',
    middleware,
    request: { params: idParams, query: tokenQuery },
    responses: {
      202: json(importSchema, 'Its current state; `cancelled` once nothing of it is left'),
      ...OPERATOR_RESPONSES,
    },
  });

  router.openapi(create, async (c) => {
    const { name, token: _, strict, ...rest } = c.req.valid('query');
    const { body } = c.req.raw;
    if (body === null) throw new ApiError('badRequest', 'body: contains no file');
    const length = Number(c.req.header('content-length') ?? 0);
    if (length > desk.limits.bytes)
      throw new ApiError(
        'badRequest',
        `body: ${length} bytes is over the limit of ${desk.limits.bytes}`,
      );
    const job = desk.begin(length);
    if ('refused' in job) throw new ApiError(REFUSALS[job.refused], job.message);
    try {
      const files = await receiveFiles({
        body,
        contentType: c.req.header('content-type') ?? '',
        name,
        folder: job.folder,
        limits: desk.limits,
        signal: AbortSignal.any([job.upload.signal, c.req.raw.signal]),
        onBytes: (bytes) => job.received(bytes),
      });
      job.start(files, { ...rest, strict: strict === 'true' });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof UploadError) {
        job.fail(message);
        throw new ApiError('badRequest', message);
      }
      // The system's message contains the server's path; the error code is enough.
      const reason = (error as NodeJS.ErrnoException).code ?? message;
      job.fail(reason);
      throw new ApiError('badRequest', `body: cut off (${reason})`);
    }
    return c.json(job.describe(), 202);
  });
  router.openapi(list, (c) =>
    c.json(
      {
        imports: desk.list().map((job) => job.describe()),
        limits: {
          atOnce: MAX_IMPORTS,
          uploadBytes: desk.limits.bytes,
          files: desk.limits.files,
        },
      },
      200,
    ),
  );
  router.openapi(inspect, (c) => c.json(jobOf(desk, c.req.valid('param').id).describe(), 200));
  router.openapi(cancel, (c) => {
    const job = jobOf(desk, c.req.valid('param').id);
    job.cancel();
    return c.json(job.describe(), 202);
  });
  return router;
}

const REFUSALS = { busy: 'tooManyRequests', memory: 'notRecoverable', room: 'notReady' } as const;

function jobOf(desk: ImportDesk, id: string) {
  const job = desk.get(id);
  if (job === undefined) throw new ApiError('unknown', `id: unknown import ${id}`);
  return job;
}

function isStep(text: string): boolean {
  try {
    return new DecimalScale(text).step !== '';
  } catch (error) {
    if (error instanceof DecimalError) return false;
    throw error;
  }
}
