import type { ImportProblem } from '../read/import-problem.ts';
import type { MessageCounts } from './message-counts.ts';

/** The result of one session of an import. */
export type ImportResult = {
  readonly session: string;
  /** For a session of several markets: all of them, joined by commas. */
  readonly symbol: string;
  /** True if these files were imported before: nothing was written, and the problems are those of that import. */
  readonly already: boolean;
  readonly messages: MessageCounts;
  /** The first few. */
  readonly problems: readonly ImportProblem[];
  readonly problemCounts: Readonly<Record<string, number>>;
};
