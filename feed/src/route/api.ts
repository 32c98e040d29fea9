import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { z } from 'zod';

import { issueText, shownName } from '@tapedeck/market/wire/codec/codec';
import { errorBodySchema } from '@tapedeck/market/wire/http';

import type { Access } from '../access/access.ts';
import type { LimitRefusal } from '../access/address-limits.ts';
import { ApiError } from '../answer/api-error.ts';

/** Of superfluous keys an answer names so many; a body may have thousands. */
const MAX_NAMED = 5;

/** A router whose validation failures have the protocol's form (section 2). */
export function createRouter(): OpenAPIHono {
  return new OpenAPIHono({
    defaultHook: (result, c) => {
      if (result.success) return;
      const { issues } = result.error;
      const first = issues[0];
      // A superfluous key is not a value of the field it was put in: name the key.
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

/** `application/json` of a schema, for route descriptions. */
export function json<T extends z.ZodType>(
  schema: T,
  description: string,
): {
  readonly content: { readonly 'application/json': { readonly schema: T } };
  readonly description: string;
} {
  return { content: { 'application/json': { schema } }, description };
}

/** Refuses whoever is not an operator (P24a), before anything of the request is looked at. */
export function operatorOnly(access: Access): MiddlewareHandler {
  return async (c, next) => {
    const refusal = access.operatorRefusal(access.visitor(c));
    if (refusal === undefined) return next();
    access.refusals.add('operator');
    throw new ApiError('forbidden', refusal);
  };
}

/** An address has all that it may have (429), or nobody gets more now (503). Counted. */
export function overLimit(access: Access, { scope, message }: LimitRefusal): ApiError {
  access.refusals.add(scope === 'address' ? 'address-limit' : 'limit');
  return new ApiError(scope === 'address' ? 'tooManyRequests' : 'notReady', message);
}

/** The error answers that every route can give. */
export const ERROR_RESPONSES = {
  400: json(errorBodySchema, 'Bad input: the message names the field and the value'),
  404: json(errorBodySchema, 'Unknown symbol, session, replay or rule'),
} as const;

/** Those of a stream, which is refused before it begins. */
export const STREAM_RESPONSES = {
  ...ERROR_RESPONSES,
  401: json(errorBodySchema, 'The access token is missing or wrong (P24)'),
  403: json(errorBodySchema, 'The origin is not allowed (P24)'),
  429: json(errorBodySchema, 'Too many connections of one address (P23)'),
  503: json(errorBodySchema, 'Nobody new is let in now (P23a)'),
} as const;

/** Those of an operator's door. */
export const OPERATOR_RESPONSES = {
  ...ERROR_RESPONSES,
  403: json(errorBodySchema, 'Not an operator (P24a)'),
} as const;

/** As numbers are written: 007 is a name, or a slip. */
const WHOLE = /^(?:0|[1-9]\d{0,14})$/;

/** A whole number in a query string, within bounds; nothing else is read as a number. */
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
/** Names separated by commas. None at all is no list: would it mean all of them, or none? */
export const listParam = z
  .string()
  .max(2_000)
  .refine((text) => !text.split(',').includes(''), { error: 'is not a list of names' })
  .transform((text) => text.split(','))
  .optional();
/** Where a browser cannot set a header the access token comes in the query of any request. */
export const tokenParam = z.string().max(200).optional();
/** The query of a route that asks nothing there. */
export const tokenQuery = z.strictObject({ token: tokenParam });
