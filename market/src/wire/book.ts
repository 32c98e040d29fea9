/*
 * Book messages (P8-P16). A subscriber gets one `book-snapshot`, then `book-delta`s whose `previous` equals the last
 * sequence. Anything else is a gap: the channel is stale until a new snapshot. A snapshot replaces the whole book.
 * `checksum` is on every snapshot and on the first delta of each second; `digest` is on all of them (P14a).
 */
import { z } from 'zod';

import { countSchema, epochSchema, levelsSchema, uint32Schema } from './primitive.ts';

export const bookSnapshotSchema = z.object({
  type: z.literal('book-snapshot'),
  channel: countSchema,
  epoch: epochSchema,
  sequence: countSchema,
  eventTime: countSchema,
  receiveTime: countSchema,
  sendTime: countSchema,
  bids: levelsSchema,
  asks: levelsSchema,
  checksum: uint32Schema,
  digest: uint32Schema.optional(),
});
export type BookSnapshotMessage = z.infer<typeof bookSnapshotSchema>;

export const bookDeltaSchema = z.object({
  type: z.literal('book-delta'),
  channel: countSchema,
  previous: countSchema,
  sequence: countSchema,
  merged: countSchema,
  eventTime: countSchema,
  sendTime: countSchema,
  bids: levelsSchema,
  asks: levelsSchema,
  checksum: uint32Schema.optional(),
  digest: uint32Schema.optional(),
});
export type BookDeltaMessage = z.infer<typeof bookDeltaSchema>;
