/* Imports through the feed: one request uploads the files, then the import runs alongside the live market (H5). */
import { z } from 'zod';

import { countSchema } from './primitive.ts';

const IMPORT_STATES = ['uploading', 'importing', 'done', 'failed', 'cancelled'] as const;
export type ImportState = (typeof IMPORT_STATES)[number];

/** A session created by an import. */
const importedSessionSchema = z.object({
  session: z.string(),
  symbol: z.string(),
  /** The files were imported before: nothing was written, and this is the existing session. */
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
  /**
   * Bytes received while uploading, then bytes read. Restarts from 0 if the import finds that it needs a finer grid.
   */
  bytes: countSchema,
  totalBytes: countSchema,
  events: countSchema,
  /** The symbol being imported. */
  symbol: z.string(),
  startedAt: countSchema,
  elapsedMs: countSchema,
  bytesPerSecond: countSchema,
  eventsPerSecond: countSchema,
  /** Remaining time at the current rate; absent before the rate is known and after the end. */
  etaSeconds: countSchema.optional(),
  sessions: z.array(importedSessionSchema),
  /** Why the import failed, with file and line if a line caused it. */
  error: z.string().optional(),
});
export type ImportBody = z.infer<typeof importSchema>;
export const importsSchema = z.object({
  imports: z.array(importSchema),
  limits: z.object({ atOnce: countSchema, uploadBytes: countSchema, files: countSchema }),
});
export type ImportsBody = z.infer<typeof importsSchema>;
