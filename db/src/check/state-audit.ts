import { MARKET_STATES, STATE_REASONS } from '@tapedeck/market/instrument/instrument';
import type { EpochMs } from '@tapedeck/market/number/level';
import { shown } from '@tapedeck/market/wire/codec/codec';

import { hasStates } from '../book/state-store.ts';
import type { SqliteConnection } from '../database/database.ts';

/** A row as stored, unchecked. */
type RawRow = {
  readonly id: number;
  readonly time: unknown;
  readonly state: unknown;
  readonly reason: unknown;
  readonly since: unknown;
  readonly crossedSince: unknown;
};

/**
 * Checks a market's state rows for consistency with each other and with its range; `lastTime` is absent while the
 * session is growing. Rows may precede its first event, because the state at that time comes from the previous
 * session or from the last row that retention has kept. Returns the number of valid rows and reports each invalid
 * one.
 */
export function auditStates(
  connection: SqliteConnection,
  market: { readonly key: number; readonly lastTime: EpochMs | undefined },
  fail: (problem: string) => void,
): number {
  if (!hasStates(connection)) return 0;
  const rows = connection.prepare<[number], RawRow>(
    `select id, time, state, reason, since, crossed_since as crossedSince
     from market_state where session_symbol = ? order by id`,
  );
  let ok = 0;
  let before = 0;
  for (const row of rows.iterate(market.key)) {
    const problem = problemOf(row, before, market.lastTime);
    if (problem === undefined) ok++;
    else fail(`market state ${row.id}: ${problem}`);
    if (isTime(row.time)) before = Math.max(before, row.time);
  }
  return ok;
}

function problemOf(
  { time, state, reason, since, crossedSince }: RawRow,
  before: EpochMs,
  lastTime: EpochMs | undefined,
): string | undefined {
  if (!(MARKET_STATES as readonly unknown[]).includes(state))
    return `${shown(String(state))} is no state`;
  if (!(STATE_REASONS as readonly unknown[]).includes(reason))
    return `${shown(String(reason))} is no reason`;
  if (!isTime(time)) return `${shown(String(time))} is no time`;
  if (!isTime(since) || since > time) return `since ${String(since)} is not before its ${time}`;
  if (crossedSince !== null && (!isTime(crossedSince) || crossedSince > time))
    return `crossed since ${String(crossedSince)}, which is not before its ${time}`;
  if (time < before) return `${time} comes after ${before}`;
  if (lastTime !== undefined && time > lastTime)
    return `${time} is later than the market's last event, ${lastTime}`;
  return undefined;
}

function isTime(value: unknown): value is EpochMs {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
