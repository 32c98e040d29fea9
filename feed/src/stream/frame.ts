import type { WireForm } from './wire-form.ts';

/** One or more encoded messages, as one websocket message. */
export type Frame = {
  readonly payload: Buffer;
  readonly isText: boolean;
};

/** Joins encoded messages of one form (P4). */
export function frameOf(form: WireForm, encoded: readonly Buffer[]): Frame {
  const { isText, separator } = form;
  const only = encoded[0];
  if (only !== undefined && encoded.length === 1) return { payload: only, isText };
  const parts = separator.length === 0 ? encoded : encoded.flatMap(separated(separator));
  return { payload: Buffer.concat(parts), isText };
}

const separated =
  (separator: Buffer) =>
  (bytes: Buffer, index: number): readonly Buffer[] =>
    index === 0 ? [bytes] : [separator, bytes];
