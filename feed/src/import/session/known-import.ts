import type { History } from '@tapedeck/db/history';

import {
  describeProblem,
  ImportError,
  type ImportProblem,
  type ProblemLog,
} from '../read/import-problem.ts';
import type { ImportResult } from './import-result.ts';
import { sumOfCounts } from './message-counts.ts';

/** The problems of an import's files, as stored in the origin of its session. */
type ToldProblems = {
  readonly problems?: Readonly<Record<string, number>> | undefined;
  readonly firstProblems?: readonly ImportProblem[] | undefined;
};

/** How many problems a session stores in full, and how long each may be: its origin is part of every session list. */
const TOLD_PROBLEMS = 5;
const TOLD_CHARACTERS = 200;

/** For the origin of the session being imported. */
export function toldProblems(log: ProblemLog): ToldProblems {
  const first = log.kept.slice(0, TOLD_PROBLEMS);
  if (first.length === 0) return { problems: log.counts };
  const firstProblems = first.map((problem) => ({
    ...problem,
    detail: problem.detail.slice(0, TOLD_CHARACTERS),
  }));
  return { problems: log.counts, firstProblems };
}

/**
 * The session that the same files were imported as, with their problems then. @throws ImportError if --strict refuses
 * those.
 */
export function knownImport(history: History, session: string, isStrict: boolean): ImportResult {
  const { symbols = [], origin = {} } = history.sessions.get(session) ?? {};
  const { problems: problemCounts = {}, firstProblems = [] } = origin as ToldProblems;
  if (isStrict && Object.keys(problemCounts).length > 0) {
    const [first] = firstProblems;
    const counts = Object.entries(problemCounts).map(([kind, count]) => `${count} ${kind}`);
    const what = first === undefined ? counts.join(', ') : describeProblem(first);
    throw new ImportError(
      `${what} (refused by --strict; imported before without it, as session ${session})`,
    );
  }
  const messages = sumOfCounts(symbols.map((symbol) => history.sessions.messages(session, symbol)));
  const symbol = symbols.join(',');
  return { session, symbol, already: true, messages, problems: firstProblems, problemCounts };
}
