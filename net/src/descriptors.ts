/*
 * The descriptors of this process: each socket, file and pipe takes one, and with none left nothing can be opened,
 * not even the database. The number of connections is therefore bounded (P35a).
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Reserved for database and journal, an export and two imports, worker threads, served files, name look-ups. */
const RESERVE = 64;
/** However few there are, some connections are accepted. */
const FEWEST = 16;
/**
 * Used if no number can be read: there is no /proc on macOS, or the limit is `unlimited`. At start Node raises its
 * limit as far as the kernel allows, on macOS by default to 10,240 (OPEN_MAX) or more: this stays just below.
 */
const ASSUMED = 10_000;

/** How many descriptors this process may have open. Node raises its soft limit to the hard one at start. */
export function descriptorLimit(): number {
  try {
    const line = /^Max open files +(\d+|unlimited)/m.exec(
      readFileSync('/proc/self/limits', 'utf8'),
    );
    const soft = Number(line?.[1]);
    return Number.isFinite(soft) ? soft : ASSUMED;
  } catch {
    return ASSUMED;
  }
}

/**
 * How many connections a server that has just started may hold, if each takes `perConnection` descriptors: a proxied
 * one takes two. Call it once: later there may be no descriptor left to look with.
 */
export function connectionBudget(perConnection: number): number {
  return budgetOf(descriptorLimit(), openDescriptors(), perConnection);
}

export function budgetOf(limit: number, open: number, perConnection: number): number {
  return Math.max(FEWEST, Math.floor((limit - open - RESERVE) / perConnection));
}

function openDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return RESERVE;
  }
}

/** Whether an error means that no descriptor was left: a passing shortage, not a bug in the code that met it. */
export function isOutOfDescriptors(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EMFILE' || code === 'ENFILE';
}
