import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';

import { parseChannel } from '@tapedeck/market/wire/channel';
import { epochSchema } from '@tapedeck/market/wire/primitive';
import { type UpInput, upSchema } from '@tapedeck/market/wire/up';

import { ApiError, POSITION } from '../answer/api-error.ts';
import { LIMITS } from '../stream/frame/limits.ts';
import type { Visit } from '../stream/gateway/lobby.ts';
import type { SseGateway } from '../stream/gateway/sse-gateway.ts';
import { createRouter, ERROR_RESPONSES, STREAM_RESPONSES, tokenParam } from './api.ts';

/** Together they stay below Node's 16 KiB limit for a request's head. */
const MAX_LIST = 7_000;
/** This many names with their positions fit into one frame (P23). */
const NAMES_A_FRAME = 32;
/** Carries the key of a connection (P31a). */
export const KEY_HEADER = 'Stream-Key';

const open = createRoute({
  method: 'get',
  path: '/v1/stream/sse',
  summary: 'The market data of WS /v1/stream as server-sent events',
  request: {
    query: z.strictObject({
      channels: z.string().max(MAX_LIST).optional(),
      since: z.string().max(MAX_LIST).optional(),
      replay: z.string().max(120).optional(),
      token: tokenParam,
    }),
  },
  responses: {
    200: {
      description: 'Each event is one frame: protocol messages, one per line',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    ...STREAM_RESPONSES,
  },
});

/** `/v1/stream/sse`: market data where WebSockets are blocked (P31). */
export function streamRoutes(sse: SseGateway): OpenAPIHono {
  const router = createRouter();

  router.openapi(open, (c) => {
    const query = c.req.valid('query');
    const names = namesOf(query.channels);
    const since = sinceOf(query.since, names ?? []);
    const visit = sse.lobby.judge(c);
    if ('refusal' in visit) throw new ApiError(visit.refusal.error, visit.refusal.message);
    checkSymbols(sse, visit, names ?? []);
    return sse.open(c, visit, subscriptions(names ?? [], since));
  });

  // By hand: the body is a frame, which the connection's own gate reads, not a document to validate here.
  router.openAPIRegistry.registerPath({
    method: 'post',
    path: '/v1/stream/sse/{connection}',
    summary:
      'From the client of a GET /v1/stream/sse: a frame of one or more messages, one per line',
    request: {
      params: z.object({ connection: z.string().max(40) }),
      headers: z.object({ [KEY_HEADER]: z.string() }),
      body: { required: true, content: { 'application/json': { schema: upSchema } } },
    },
    responses: { 204: { description: 'Accepted; answers come on the stream' }, ...ERROR_RESPONSES },
  });
  router.post('/v1/stream/sse/:connection', async (c) => {
    const id = c.req.param('connection');
    const key = c.req.header(KEY_HEADER);
    if (key === undefined) throw new ApiError('badRequest', `${KEY_HEADER}: missing`);
    // A closed stream and a wrong key give the same answer, so that nobody learns which ids exist.
    if (!sse.hear(id, key, await c.req.text()))
      throw new ApiError('unknown', `connection: no stream ${id.slice(0, 40)} with this key`);
    return c.body(null, 204);
  });

  return router;
}

/** Undefined if none are named: the client may subscribe later, within the time of P23. */
function namesOf(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(',').filter((name) => name !== '');
  if (names.length === 0) throw new ApiError('badRequest', 'channels: "" names no channel');
  if (names.length > LIMITS.channels)
    throw new ApiError(
      'channelLimit',
      `channels: ${names.length} are over the limit of ${LIMITS.channels}`,
    );
  names.forEach((name, index) => {
    const parsed = parseChannel(name);
    if (typeof parsed === 'string') throw new ApiError('badRequest', `channels: ${parsed}`);
    if (names.indexOf(name) !== index)
      throw new ApiError('badRequest', `channels: ${name} is named twice`);
  });
  return names;
}

type Since = NonNullable<Extract<UpInput, { type: 'subscribe' }>['since']>;

/** `CHANNEL=EPOCH:SEQUENCE`, separated by commas. */
function sinceOf(text: string | undefined, names: readonly string[]): Since {
  const since: Since = {};
  for (const part of text?.split(',') ?? []) {
    const cut = part.indexOf('=');
    const name = part.slice(0, cut);
    const [, epoch, sequence] = POSITION.exec(part.slice(cut + 1)) ?? [];
    if (cut < 1 || !epochSchema.safeParse(epoch).success)
      throw new ApiError('badRequest', `since: "${part}" is not CHANNEL=EPOCH:SEQUENCE`);
    if (!names.includes(name))
      throw new ApiError('badRequest', `since: ${name} is not one of the channels`);
    since[name] = { epoch: epoch ?? '', sequence: Number(sequence) };
  }
  return since;
}

function checkSymbols(sse: SseGateway, visit: Visit, names: readonly string[]): void {
  const hub = sse.lobby.hubOf(visit);
  for (const name of names) {
    const parsed = parseChannel(name);
    if (typeof parsed !== 'string' && !hub.has(parsed.symbol))
      throw new ApiError('unknown', `channels: unknown symbol ${parsed.symbol} of ${name}`);
  }
}

/** What a client would send itself, in frames that its gate accepts. */
function subscriptions(names: readonly string[], since: Since): readonly UpInput[] {
  const frames: UpInput[] = [];
  for (let from = 0; from < names.length; from += NAMES_A_FRAME) {
    const channels = names.slice(from, from + NAMES_A_FRAME);
    const known = Object.entries(since).filter(([name]) => channels.includes(name));
    frames.push({
      type: 'subscribe',
      channels,
      ...(known.length === 0 ? {} : { since: Object.fromEntries(known) }),
    });
  }
  return frames;
}
