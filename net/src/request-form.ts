/*
 * Forms of a request that no route should have to handle (RFC 9110, RFC 9112): a target that is an absolute URL or
 * `*`, methods that neither pages nor the API have, a body where none belongs.
 */
import type { IncomingMessage } from 'node:http';

/** A response given before any route is reached. */
export type Refusal = {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
};

const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]);
export const ALLOW = [...METHODS].join(', ');
const MAX_SHOWN = 80;

/**
 * Normalises the request's target to `/path?query` and returns why it is refused, undefined if it is not. The
 * authority of an absolute target replaces `Host` (RFC 9112, section 3.2.2).
 */
export function refusalOfForm(request: IncomingMessage): Refusal | undefined {
  const { method = '', headers } = request;
  if (!METHODS.has(method)) {
    const message = `method: ${method} is not one of ${ALLOW}`;
    return { status: 405, message, headers: { Allow: ALLOW } };
  }
  if ((method === 'GET' || method === 'HEAD') && hasBody(request))
    return { status: 400, message: `body: a ${method} takes none` };
  const target = request.url ?? '';
  if (target.startsWith('/')) return undefined;
  const whole = /^https?:\/\//i.test(target) && URL.canParse(target) ? new URL(target) : undefined;
  if (whole === undefined)
    return { status: 400, message: `target: "${target.slice(0, MAX_SHOWN)}" is not a path` };
  request.url = `${whole.pathname}${whole.search}`;
  headers.host = whole.host;
  return undefined;
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
