/* Imports through the feed: files go up in one request, the import then runs beside the live market (H5). */
import { z } from 'zod';

import { countSchema } from './primitive.ts';

export const IMPORT_STATES = ['uploading', 'importing', 'done', 'failed', 'cancelled'] as const;
export type ImportState = (typeof IMPORT_STATES)[number];

/** One session that came of an import. */
export const importedSessionSchema = z.object({
  session: z.string(),
  symbol: z.string(),
  /** These files were imported before: nothing was written, this is the session of then. */
  already: z.boolean(),
  messages: z.record(z.string(), countSchema),
  /** The first few of each kind, with file and line. */
  problems: z.array(
    z.object({ file: z.string(), line: countSchema, kind: z.string(), detail: z.string() }),
  ),
  problemCounts: z.record(z.string(), countSchema),
});
export type ImportedSessionBody = z.infer<typeof importedSessionSchema>;

export const importSchema = z.object({
  id: z.string(),
  state: z.enum(IMPORT_STATES),
  files: z.array(z.object({ name: z.string(), bytes: countSchema })),
  /** Of the files, read so far; a finer grid sends it back to a beginning. While they come up: received so far. */
  bytes: countSchema,
  totalBytes: countSchema,
  events: countSchema,
  /** What is being imported. */
  symbol: z.string(),
  startedAt: countSchema,
  elapsedMs: countSchema,
  bytesPerSecond: countSchema,
  eventsPerSecond: countSchema,
  /** Until the end at this rate; absent before there is a rate, and when it is over. */
  etaSeconds: countSchema.optional(),
  sessions: z.array(importedSessionSchema),
  /** Why it failed: with file and line where a line is to blame. */
  error: z.string().optional(),
});
export type ImportBody = z.infer<typeof importSchema>;
export const importsSchema = z.object({
  imports: z.array(importSchema),
  limits: z.object({ atOnce: countSchema, uploadBytes: countSchema, files: countSchema }),
});
export type ImportsBody = z.infer<typeof importsSchema>;
