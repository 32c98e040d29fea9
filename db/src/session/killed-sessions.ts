/* Finds what killed processes left in a history, and where recordings ended. */
import { hostname } from 'node:os';

import { and, eq, inArray, isNotNull, isNull, max, ne } from 'drizzle-orm';

import type { EpochMs } from '@tapedeck/market/number/level';

import type { Orm } from '../database/database.ts';
import { session, sessionSymbol } from '../database/schema.ts';

/** Where a market's recording ended: its feed was killed, or stopped in order. */
export type BrokenOff = {
  readonly session: string;
  readonly symbol: string;
  readonly lastTime: EpochMs;
  readonly wasKilled: boolean;
};

/** An import on another machine that was silent for this long is considered dead. */
const ABANDONED_MS = 600_000;

/** Closes every open session at its last data; returns where each market's recording ended. */
export function closeBrokenOff(orm: Orm, now: EpochMs): readonly BrokenOff[] {
  return orm.transaction(
    (tx) => {
      const ends = tx
        .select({
          session: session.id,
          symbol: sessionSymbol.symbol,
          lastTime: max(sessionSymbol.lastTime),
        })
        .from(session)
        .innerJoin(sessionSymbol, eq(sessionSymbol.session, session.id))
        // An imported tape of another feed does not end a recording of this one, whatever its source.
        .where(
          and(
            eq(session.state, 'closed'),
            ne(session.source, 'import'),
            isNull(session.fingerprint),
          ),
        )
        .groupBy(sessionSymbol.symbol)
        .all();
      const broken = tx
        .select({
          session: session.id,
          symbol: sessionSymbol.symbol,
          lastTime: sessionSymbol.lastTime,
        })
        .from(session)
        .innerJoin(sessionSymbol, eq(sessionSymbol.session, session.id))
        .where(and(eq(session.state, 'recording'), isNotNull(sessionSymbol.lastTime)))
        .all();
      tx.update(session)
        .set({ state: 'closed', touchedAt: now })
        .where(eq(session.state, 'recording'))
        .run();
      const told =
        (wasKilled: boolean) =>
        (row: (typeof ends)[number]): BrokenOff => ({
          ...row,
          lastTime: row.lastTime ?? 0,
          wasKilled,
        });
      return [...ends.map(told(false)), ...broken.map(told(true))];
    },
    { behavior: 'immediate' },
  );
}

/** Deletes imports whose processes are gone; returns their ids. */
export function deleteAbandonedImports(orm: Orm, now: EpochMs): readonly string[] {
  const dead = orm
    .select({ id: session.id, owner: session.owner, touchedAt: session.touchedAt })
    .from(session)
    .where(eq(session.state, 'importing'))
    .all()
    .filter((row) => !isAlive(row.owner, now - row.touchedAt))
    .map((row) => row.id);
  if (dead.length > 0) orm.delete(session).where(inArray(session.id, dead)).run();
  return dead;
}

/** Signal 0 tests a process on this machine; one on another machine can be judged only by its silence. */
function isAlive(owner: string, silentMs: number): boolean {
  const [host, pid] = [owner.slice(0, owner.lastIndexOf(':')), Number(owner.split(':').at(-1))];
  if (host !== hostname()) return silentMs < ABANDONED_MS;
  // The same pid after a container restart: it is this process, which has not written anything yet.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EPERM';
  }
}
