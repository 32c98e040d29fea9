import type { ContentfulStatusCode } from 'hono/utils/http-status';

import type { EpochMs } from '@tapedeck/market/number/level';
import { boundedMessage } from '@tapedeck/market/wire/codec/codec';
import { type ErrorName, ERRORS } from '@tapedeck/market/wire/error-code';
import type { ErrorBody } from '@tapedeck/market/wire/http';

/** An error response, by the protocol's table; the message names the field and the value. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly error: ErrorName;

  constructor(error: ErrorName, message: string) {
    super(boundedMessage(message));
    this.error = error;
  }

  get status(): ContentfulStatusCode {
    return ERRORS[this.error].status;
  }

  get body(): ErrorBody {
    const { code, temporary } = ERRORS[this.error];
    return { error: { code, message: this.message, temporary } };
  }
}

/** @throws ApiError for a range that ends before it begins. */
export function checkRange(from: EpochMs | undefined, to: EpochMs | undefined): void {
  if (from !== undefined && to !== undefined && from > to)
    throw new ApiError('badRequest', `to: ${to} is before from ${from}`);
}

/** `EPOCH:SEQUENCE` in a query; the number has no leading zeros. */
export const POSITION = /^(.+):(0|[1-9]\d{0,14})$/;
