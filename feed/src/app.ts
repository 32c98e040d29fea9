import type { OpenAPIHono } from '@hono/zod-openapi';
import { cors } from 'hono/cors';

import { HistoryError } from '@tapedeck/db/history-error';

import type { Access } from './access.ts';
import { ApiError, createRouter } from './route/api.ts';
import type { StreamGateway } from './stream/stream-gateway.ts';

export type AppDeps = {
  readonly access: Access;
  readonly gateway: StreamGateway;
  readonly build: string;
  /** Route groups, each its own router. */
  readonly routes: readonly OpenAPIHono[];
  /** Told of what nobody expected; the client gets error 100 without details. */
  readonly onError: (error: Error, path: string) => void;
};

/** Routes that answer without a token: whether the process lives is no secret. */
const OPEN_PATHS = new Set(['/healthz', '/readyz']);
const MAX_BODY_BYTES = 64 * 1024;
const PREFLIGHT_S = 600;

/** The HTTP surface and the websocket door as one Hono app: no globals, no listening, so tests call `app.request()`. */
export function createApp({ access, gateway, build, routes, onError }: AppDeps): OpenAPIHono {
  const app = createRouter();

  app.use(
    '*',
    cors({
      origin: (origin, c) =>
        access.allowsOrigin({ origin, forwardedHost: c.req.header('x-forwarded-host') })
          ? origin
          : undefined,
      allowMethods: ['GET', 'POST', 'PATCH', 'DELETE', 'OPTIONS'],
      allowHeaders: ['Authorization', 'Content-Type', 'Last-Event-ID'],
      maxAge: PREFLIGHT_S,
    }),
  );
  app.use('*', async (c, next) => {
    // The stream's own handler refuses after the upgrade: a browser could not read why otherwise.
    if (c.req.path === '/v1/stream' || OPEN_PATHS.has(c.req.path)) return next();
    const origin = c.req.header('origin');
    if (!access.allowsOrigin({ origin, forwardedHost: c.req.header('x-forwarded-host') }))
      throw new ApiError('forbidden', `origin: "${origin}" is not allowed`);
    const visitor = { authorization: c.req.header('authorization'), token: c.req.query('token') };
    if (!access.allowsToken(visitor)) throw new ApiError('unauthorised', 'token: missing or wrong');
    const type = c.req.header('content-type');
    const hasBody = c.req.method === 'POST' || c.req.method === 'PATCH';
    if (hasBody && !/^application\/json\b/.test(type ?? ''))
      throw new ApiError(
        'badRequest',
        `content-type: ${type === undefined ? 'nothing' : `"${type}"`} is not application/json`,
      );
    const length = Number(c.req.header('content-length') ?? 0);
    if (length > MAX_BODY_BYTES)
      throw new ApiError(
        'badRequest',
        `body: ${length} bytes is over the limit of ${MAX_BODY_BYTES}`,
      );
    return next();
  });

  app.get('/v1/stream', gateway.handler, (c) => {
    const upgrade = c.req.header('upgrade') ?? 'nothing';
    throw new ApiError('badRequest', `upgrade: "${upgrade}" is not websocket, path ${c.req.path}`);
  });
  for (const each of routes) app.route('/', each);
  app.doc31('/v1/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Tapedeck feed',
      version: build,
      description:
        'Prices are integer ticks, sizes integer lots, times epoch milliseconds. Market data streams over WS /v1/stream.',
    },
  });

  app.notFound((c) => {
    const error = new ApiError('unknown', `path: unknown path ${c.req.method} ${c.req.path}`);
    return c.json(error.body, error.status);
  });
  app.onError((error, c) => {
    if (error instanceof ApiError) return c.json(error.body, error.status);
    // A damaged or locked history is not the caller's fault, but it is no surprise either: it says what it is.
    if (error instanceof HistoryError) {
      onError(error, c.req.path);
      const refused = new ApiError(error.temporary ? 'notReady' : 'notRecoverable', error.message);
      return c.json(refused.body, refused.status);
    }
    // Hono's own: malformed JSON in a body.
    if ('status' in error && error.status === 400) {
      const refused = new ApiError('badRequest', `body: ${error.message}`);
      return c.json(refused.body, refused.status);
    }
    onError(error, c.req.path);
    const internal = new ApiError('internal', 'internal error');
    return c.json(internal.body, internal.status);
  });
  return app;
}
