import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { openHistory } from '@tapedeck/db/history';
import { auditSession } from '@tapedeck/db/session-audit';

const SYMBOL = 'BTC-USD@sim';
const CHILD = fileURLToPath(new URL('./killed-recorder.ts', import.meta.url));

/** Starts a recorder, kills it with -9 after so many reports with data, and returns what it said last. */
async function recordAndKill(
  path: string,
  reports: number,
): Promise<{ readonly session: string; readonly now: number }> {
  const child = spawn(process.execPath, [CHILD, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let said = { session: '', now: 0 };
  let heard = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const report = JSON.parse(line) as {
      session: string | null;
      lastWriteAt: number | null;
      now: number;
    };
    if (report.session === null || report.lastWriteAt === null) continue;
    said = { session: report.session, now: report.now };
    if (++heard >= reports) {
      child.kill('SIGKILL');
      break;
    }
  }
  await exited;
  return said;
}

test('H3: kill -9 loses less than a second, corrupts nothing, and the hole is a recorded gap', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-kill-'));
  const path = join(folder, 'history.db');
  const first = await recordAndKill(path, 17);
  const second = await recordAndKill(path, 6);
  const history = openHistory(path);
  expect(history.connection.pragma('integrity_check', { simple: true })).toBe('ok');
  const killed = history.sessions.get(first.session);
  expect(killed).toMatchObject({ open: false, gaps: [] });
  // Allow for the time between the last report and the signal.
  expect(first.now - (killed?.to ?? 0)).toBeLessThan(1_000);
  const last = history.books.at(SYMBOL, (killed?.to ?? 0) + 1, first.session)?.book;
  expect(last?.bids[0]?.[1]).toBe(last?.eventTime);
  expect((killed?.to ?? 0) - (last?.eventTime ?? 0)).toBeLessThan(300);
  for (const { session } of [first, second]) {
    const [audit] = auditSession(history, session);
    expect(audit).toMatchObject({ crossed: 0, checksums: { failed: 0 } });
    expect(audit?.candles.equal).toBe(audit?.candles.compared);
  }
  const next = history.sessions.get(second.session);
  expect(next?.gaps).toEqual([
    { symbol: SYMBOL, from: killed?.to, to: next?.from, reason: 'restart' },
  ]);
  history.close();
  rmSync(folder, { recursive: true, force: true });
}, 30_000);
