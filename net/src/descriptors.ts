/*
 * The descriptors of this process: each socket, file and pipe takes one, and where none is left nothing can be opened,
 * the database included. What a server gives to connections is therefore bounded (P35a).
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Kept back: database and journal, an export and two imports, worker threads, files that are served, name look-ups. */
const RESERVE = 64;
/** However few there are, somebody can come in. */
const FEWEST = 16;
/** Where the system does not say: macOS, where Node has raised its limit to that of the kernel. */
const ASSUMED = 10_000;

/** How many descriptors this process may have open. Node raises its soft limit to the hard one as it starts. */
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
 * How many connections a server may hold that has just been started, each of which takes `perConnection` descriptors:
 * those of a proxy take two. To be asked once: later there may be no descriptor to look with.
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

/** Whether an error says that no descriptor was left: a shortage that passes, not a fault of the code that met it. */
export function isOutOfDescriptors(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EMFILE' || code === 'ENFILE';
}
