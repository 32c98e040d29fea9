import { copySession } from '@tapedeck/db/check/session-copy';
import { type History, openHistory } from '@tapedeck/db/history';
import type { EpochMs } from '@tapedeck/market/number/level';

import type { ImportResult } from './import-result.ts';
import type { MessageCounts } from './message-counts.ts';

/**
 * Imports every session of a `.tape` (or of a whole history) unchanged: a simulated one stays simulated. @throws
 * HistoryError for another program's database, a newer one, or damaged segments; nothing is kept then.
 */
export function importTape(
  history: History,
  path: string,
  options: {
    readonly now: EpochMs;
    readonly onProgress?: ((rows: number, total: number) => void) | undefined;
  },
): readonly ImportResult[] {
  const tape = openHistory(path, { readonly: true });
  try {
    return tape.sessions.list().map(({ id, symbols }) => {
      const { session, already } = copySession(tape, id, history, options);
      const messages: MessageCounts = { depth: 0, bookTicker: 0, trade: 0, snapshot: 0 };
      const counted = countsOf(history, session, symbols);
      const symbol = symbols.join(',');
      const counts = { ...messages, ...counted };
      return { session, symbol, already, messages: counts, problems: [], problemCounts: {} };
    });
  } finally {
    tape.close();
  }
}

/** The source's counts if an importer stored them; otherwise what is recorded. */
function countsOf(
  history: History,
  session: string,
  symbols: readonly string[],
): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const symbol of symbols) {
    for (const [kind, count] of Object.entries(history.sessions.messages(session, symbol)))
      sum[kind] = (sum[kind] ?? 0) + count;
  }
  if (Object.keys(sum).length > 0) return sum;
  const counts = history.sessions.get(session)?.counts;
  return { depth: counts?.deltas ?? 0, trade: counts?.trades ?? 0 };
}
