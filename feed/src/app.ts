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
  /** Path of the history file: where it lies is told to nobody. */
  readonly history: string;
  /** Route groups, each its own router. */
  readonly routes: readonly OpenAPIHono[];
  /** Told of what nobody expected; the client gets error 100 without details. */
  readonly onError: (error: Error, path: string) => void;
};

/** Routes that answer without a token: whether the process lives is no secret. */
const OPEN_PATHS = new Set(['/healthz', '/readyz']);
/** A body with a length is refused by it, one without is read no further. */
const bodyLimitOf = limited(64 * 1024);
const ingestLimit = limited(MAX_INGEST_BYTES);
const PREFLIGHT_S = 600;
/** An answer is data: shown by itself it loads nothing, and no page shows it within; a page asks for files in a frame. */
const FILE_POLICY = "default-src 'none'";
const ANSWER_POLICY = `${FILE_POLICY}; frame-ancestors 'none'`;
const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="tapedeck"' };

const BROKEN_OFF: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** The HTTP surface and the websocket door as one Hono app: no globals, no listening, so tests call `app.request()`. */
export function createApp(deps: AppDeps): OpenAPIHono {
  const { access, limits, gateway, build, history, routes, onError } = deps;
  const app = createRouter();
  let known: KnownMethods | undefined;
  /** A known path that does not answer to this method. */
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
    // The stream's own handler refuses after the upgrade: a browser could not read why otherwise.
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
    // What streams is answered when it begins, and counted where it goes on.
    return next().finally(release);
  });
  app.use('*', async (c, next) => {
    if (c.req.path === '/v1/stream' || OPEN_PATHS.has(c.req.path)) return next();
    const refused = wrongMethod(c);
    if (refused !== undefined) return refused;
    const type = c.req.header('content-type');
    // Recordings come as they are, and bound themselves while they come.
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
  // Made of schemas that stay as they are: some 30 ms of work, when the first one asks.
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
      // What is to be sent is named with the refusal (RFC 9110, section 11.6.1).
      return c.json(said.body, said.status, said.status === 401 ? CHALLENGE : {});
    }
    // Only what is joined is ever said in another grid than its own.
    if (error instanceof GridError) {
      const refused = new ApiError('badRequest', `session: none, and ${error.message}: give one`);
      return c.json(refused.body, refused.status);
    }
    // A damaged or locked history is not the caller's fault, but it is no surprise either: it says what it is (P34a).
    const problem = historyErrorIn(error);
    if (problem !== undefined) {
      const isOfFile = isDriverError(problem) || problem.kind !== 'corrupt';
      // What the file itself answers is told once per cause where it is heard, not with every request.
      if (!isOfFile) onError(problem, c.req.path);
      const said = withoutFolderOf(history, problem.message);
      const refused = new ApiError(isOfFile ? 'notReady' : 'notRecoverable', said);
      return c.json(refused.body, refused.status);
    }
    // Hono's own: malformed JSON in a body.
    if ('status' in error && error.status === 400) {
      const refused = new ApiError('badRequest', `body: ${error.message}`);
      return c.json(refused.body, refused.status);
    }
    if (isBrokenOff(error, c)) {
      access.refusals.add('broken-off');
      const refused = new ApiError('badRequest', 'body: it broke off, or is malformed');
      return c.json(refused.body, refused.status);
    }
    onError(error, c.req.path);
    const internal = new ApiError('internal', 'internal error');
    return c.json(internal.body, internal.status);
  });
  return app;
}

/** A body that ended before its end, by a reset or a malformed chunk: the client's doing, who is mostly gone by now. */
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
