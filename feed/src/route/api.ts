import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { z } from 'zod';

import { issueText, shownName } from '@tapedeck/market/wire/codec/codec';
import { errorBodySchema } from '@tapedeck/market/wire/http';

import type { Access } from '../access/access.ts';
import type { LimitRefusal } from '../access/address-limits.ts';
import { ApiError } from '../answer/api-error.ts';

/** Unknown keys that an error names at most; a body may have thousands. */
const MAX_NAMED = 5;

/** A router whose validation failures have the protocol's form (section 2). */
export function createRouter(): OpenAPIHono {
  return new OpenAPIHono({
    defaultHook: (result, c) => {
      if (result.success) return;
      const { issues } = result.error;
      const first = issues[0];
      // An unknown key is not a wrong value of its parent field: name the key.
      if (first?.code === 'unrecognized_keys') {
        const names = first.keys.map((key) =>
          shownName([...first.path, key].map(String).join('.')),
        );
        const named = names.slice(0, MAX_NAMED).join(', ');
        const rest = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
        throw new ApiError('badRequest', `${named}${rest}: unknown ${result.target} field`);
      }
      const given =
        result.target === 'query'
          ? c.req.query()
          : result.target === 'param'
            ? c.req.param()
            : (result as { readonly data?: unknown }).data;
      throw new ApiError('badRequest', issueText(issues, given));
    },
  });
}

/** `application/json` with a schema, for route descriptions. */
export function json<T extends z.ZodType>(
  schema: T,
  description: string,
): {
  readonly content: { readonly 'application/json': { readonly schema: T } };
  readonly description: string;
} {
  return { content: { 'application/json': { schema } }, description };
}

/** Refuses clients that are not operators (P24a) before reading anything of the request. */
export function operatorOnly(access: Access): MiddlewareHandler {
  return async (c, next) => {
    const refusal = access.operatorRefusal(access.visitor(c));
    if (refusal === undefined) return next();
    access.refusals.add('operator');
    throw new ApiError('forbidden', refusal);
  };
}

/** The address has reached its limit (429), or the feed is full (503). Counted. */
export function overLimit(access: Access, { scope, message }: LimitRefusal): ApiError {
  access.refusals.add(scope === 'address' ? 'address-limit' : 'limit');
  return new ApiError(scope === 'address' ? 'tooManyRequests' : 'notReady', message);
}

/** The errors that every route can return. */
export const ERROR_RESPONSES = {
  400: json(errorBodySchema, 'Bad input: the message names the field and the value'),
  404: json(errorBodySchema, 'Unknown symbol, session, replay or rule'),
} as const;

/** The errors of a stream, which is refused before it begins. */
export const STREAM_RESPONSES = {
  ...ERROR_RESPONSES,
  401: json(errorBodySchema, 'The access token is missing or wrong (P24)'),
  403: json(errorBodySchema, 'The origin is not allowed (P24)'),
  429: json(errorBodySchema, 'Too many connections of one address (P23)'),
  503: json(errorBodySchema, 'The feed refuses new clients because it is overloaded (P23a)'),
} as const;

/** The errors of an operator's route. */
export const OPERATOR_RESPONSES = {
  ...ERROR_RESPONSES,
  403: json(errorBodySchema, 'Not an operator (P24a)'),
} as const;

/** Without leading zeros: 007 is a name, or a mistake. */
const WHOLE = /^(?:0|[1-9]\d{0,14})$/;

/** A whole number in a query string, within bounds; any other text is refused. */
export function wholeNumber(low: number, high: number) {
  return z
    .string()
    .refine((text) => WHOLE.test(text) && Number(text) >= low && Number(text) <= high, {
      error: `is not a whole number from ${low} to ${high}`,
    })
    .transform(Number);
}

/** Epoch milliseconds in a query string. */
export const timeParam = wholeNumber(0, 9_999_999_999_999).optional();
export const symbolParam = z.string().max(80);
/** Names separated by commas. An empty list is refused: it could mean all, or none. */
export const listParam = z
  .string()
  .max(2_000)
  .refine((text) => !text.split(',').includes(''), { error: 'is not a list of names' })
  .transform((text) => text.split(','))
  .optional();
/** A browser cannot set headers on every request, so any query may carry the access token. */
export const tokenParam = z.string().max(200).optional();
/** The query of a route without parameters. */
export const tokenQuery = z.strictObject({ token: tokenParam });
