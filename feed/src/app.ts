import type { HttpBindings } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';

import { historyErrorIn, isDriverError } from '@tapedeck/db/database/history-error';
import { GridError } from '@tapedeck/market/grid/grid';

import type { Access } from './access/access.ts';
import type { AddressLimits } from './access/address-limits.ts';
import { ApiError } from './answer/api-error.ts';
import { answerKept, type KeptAnswer, keptAnswer } from './answer/kept-answers.ts';
import { withoutFolderOf } from './machine/server-folder.ts';
import { createRouter, overLimit } from './route/api.ts';
import { IMPORTS_PATH } from './route/import-routes.ts';
import { KnownMethods } from './route/known-methods.ts';
import { INGEST_PATH, MAX_INGEST_BYTES } from './route/push-routes.ts';
import { KEY_HEADER } from './route/stream-routes.ts';
import { readUnread } from './route/unread-body.ts';
import type { StreamGateway } from './stream/gateway/stream-gateway.ts';

export type AppDeps = {
  readonly access: Access;
  readonly limits: AddressLimits;
  readonly gateway: StreamGateway;
  readonly build: string;
  /** Path of the history file; never sent to a client. */
  readonly history: string;
  /** Route groups, each its own router. */
  readonly routes: readonly OpenAPIHono[];
  /** Called for unexpected errors; the client gets error 100 without details. */
  readonly onError: (error: Error, path: string) => void;
};

/** Paths that need no token: whether the process is alive is no secret. */
const OPEN_PATHS = new Set(['/healthz', '/readyz']);
/** Refuses a body by its declared length; a body without one is read only up to the limit. */
const bodyLimitOf = limited(64 * 1024);
const ingestLimit = limited(MAX_INGEST_BYTES);
const PREFLIGHT_S = 600;
/** An answer loads nothing and cannot be framed. A file can be framed, because pages download it in a frame. */
const FILE_POLICY = "default-src 'none'";
const ANSWER_POLICY = `${FILE_POLICY}; frame-ancestors 'none'`;
const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="tapedeck"' };

const BROKEN_OFF: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/**
 * The HTTP surface and the WebSocket upgrade as one Hono app: no globals, no listening, so tests call
 * `app.request()`.
 */
export function createApp(deps: AppDeps): OpenAPIHono {
  const { access, limits, gateway, build, history, routes, onError } = deps;
  const app = createRouter();
  let known: KnownMethods | undefined;
  /** For a known path that does not support this method. */
  const wrongMethod = (c: Context): Response | undefined => {
    known ??= new KnownMethods(app);
    const methods = known.of(c.req.path);
    if (methods.length === 0 || methods.includes(c.req.method)) return undefined;
    const allow = methods.join(', ');
    const refused = new ApiError('badRequest', `method: ${c.req.method} is not one of ${allow}`);
    return c.json(refused.body, 405, { Allow: allow });
  };

  app.use('*', readUnread);
  app.use('*', async (c, next) => {
    await next();
    const { headers } = c.res;
    headers.set('X-Content-Type-Options', 'nosniff');
    headers.set('Referrer-Policy', 'no-referrer');
    headers.set(
      'Content-Security-Policy',
      c.req.path.endsWith('/export') ? FILE_POLICY : ANSWER_POLICY,
    );
  });
  app.use('*', async (c, next) => {
    const refusal = access.hostRefusal(access.visitor(c));
    if (refusal === undefined) return next();
    access.refusals.add('host');
    throw new ApiError('forbidden', refusal);
  });
  app.use(
    '*',
    cors({
      origin: (origin, c) => (access.allowsOrigin(access.visitor(c)) ? origin : undefined),
      allowMethods: ['GET', 'POST', 'PATCH', 'DELETE', 'OPTIONS'],
      allowHeaders: ['Authorization', 'Content-Type', 'Last-Event-ID', 'If-None-Match', KEY_HEADER],
      maxAge: PREFLIGHT_S,
    }),
  );
  app.use('*', async (c, next) => {
    // The stream's own handler refuses after the upgrade, because only then can a browser read the reason.
    if (c.req.path === '/v1/stream' || OPEN_PATHS.has(c.req.path)) return next();
    const visitor = access.visitor(c);
    if (!access.allowsOrigin(visitor)) {
      access.refusals.add('origin');
      throw new ApiError('forbidden', `origin: "${visitor.origin}" is not allowed`);
    }
    if (!access.allowsToken(visitor)) {
      access.refusals.add('token');
      throw new ApiError('unauthorised', 'token: missing or wrong');
    }
    const over = limits.refusal('requests', visitor.address);
    if (over !== undefined) throw overLimit(access, over);
    const release = limits.take('requests', visitor.address);
    // A stream counts as answered when it begins; open streams have a limit of their own.
    return next().finally(release);
  });
  app.use('*', async (c, next) => {
    if (c.req.path === '/v1/stream' || OPEN_PATHS.has(c.req.path)) return next();
    const refused = wrongMethod(c);
    if (refused !== undefined) return refused;
    const type = c.req.header('content-type');
    // Imports are not JSON, and have a limit of their own.
    if (c.req.path === IMPORTS_PATH && c.req.method === 'POST') return next();
    const hasBody = c.req.method === 'POST' || c.req.method === 'PATCH';
    if (hasBody && !/^application\/json\b/.test(type ?? ''))
      throw new ApiError(
        'badRequest',
        `content-type: ${type === undefined ? 'nothing' : `"${type}"`} is not application/json`,
      );
    return (c.req.path === INGEST_PATH ? ingestLimit : bodyLimitOf)(c, next);
  });

  app.get('/v1/stream', gateway.handler, (c) => {
    const upgrade = c.req.header('upgrade') ?? 'nothing';
    throw new ApiError('badRequest', `upgrade: "${upgrade}" is not websocket, path ${c.req.path}`);
  });
  for (const each of routes) app.route('/', each);
  let document: KeptAnswer | undefined;
  const openApi = (): KeptAnswer =>
    keptAnswer(
      app.getOpenAPI31Document({
        openapi: '3.1.0',
        info: {
          title: 'Tapedeck feed',
          version: build,
          description:
            'Prices are integer ticks, sizes integer lots, times epoch milliseconds. Market data streams over WS /v1/stream.',
        },
      }),
    );
  // The schemas never change, so this is built once, on the first request (about 30 ms).
  app.get('/v1/openapi.json', (c) => answerKept(c, (document ??= openApi())));

  app.notFound((c) => {
    const refused = wrongMethod(c);
    if (refused !== undefined) return refused;
    const error = new ApiError('unknown', `path: unknown path ${c.req.method} ${c.req.path}`);
    return c.json(error.body, error.status);
  });
  app.onError((error, c) => {
    if (error instanceof ApiError) {
      const said = new ApiError(error.error, withoutFolderOf(history, error.message));
      // A 401 names the expected scheme (RFC 9110, section 11.6.1).
      return c.json(said.body, said.status, said.status === 401 ? CHALLENGE : {});
    }
    // Only reads that join sessions need a common grid.
    if (error instanceof GridError) {
      const refused = new ApiError('badRequest', `session: required, ${error.message}`);
      return c.json(refused.body, refused.status);
    }
    // A damaged or locked history is neither the caller's fault nor unexpected: the answer says what it is (P34a).
    const problem = historyErrorIn(error);
    if (problem !== undefined) {
      const isOfFile = isDriverError(problem) || problem.kind !== 'corrupt';
      // Errors of the file itself are logged once per cause elsewhere, not with every request.
      if (!isOfFile) onError(problem, c.req.path);
      const said = withoutFolderOf(history, problem.message);
      const refused = new ApiError(isOfFile ? 'notReady' : 'notRecoverable', said);
      return c.json(refused.body, refused.status);
    }
    // Hono's own error: malformed JSON in a body.
    if ('status' in error && error.status === 400) {
      const refused = new ApiError('badRequest', `body: ${error.message}`);
      return c.json(refused.body, refused.status);
    }
    if (isBrokenOff(error, c)) {
      access.refusals.add('broken-off');
      const refused = new ApiError('badRequest', 'body: cut off or malformed');
      return c.json(refused.body, refused.status);
    }
    onError(error, c.req.path);
    const internal = new ApiError('internal', 'internal error');
    return c.json(internal.body, internal.status);
  });
  return app;
}

/** A body cut off by a reset or a malformed chunk: the client's fault, and it is usually gone. */
function isBrokenOff(error: Error, context: Context): boolean {
  const incoming = (context.env as Partial<HttpBindings> | undefined)?.incoming;
  const { code = '' } = error as NodeJS.ErrnoException;
  const isOfSocket = BROKEN_OFF.has(code) || code.startsWith('HPE_');
  return isOfSocket && incoming !== undefined && !incoming.complete;
}

function limited(maxBytes: number): MiddlewareHandler {
  return bodyLimit({
    maxSize: maxBytes,
    onError: (c) => {
      const length = c.req.header('content-length');
      const size = length === undefined ? 'it' : `${length} bytes`;
      throw new ApiError('badRequest', `body: ${size} is over the limit of ${maxBytes} bytes`);
    },
  });
}
