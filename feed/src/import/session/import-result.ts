import type { ImportProblem } from '../read/import-problem.ts';
import type { MessageCounts } from './message-counts.ts';

/** What came of one session of an import. */
export type ImportResult = {
  readonly session: string;
  /** Of a session of several markets: all of them, joined by commas. */
  readonly symbol: string;
  /** True when these files were imported before: nothing was written, and the problems are those of that time. */
  readonly already: boolean;
  readonly messages: MessageCounts;
  /** The first few. */
  readonly problems: readonly ImportProblem[];
  readonly problemCounts: Readonly<Record<string, number>>;
};
