/*
 * H3: `kill -9` at random moments of a recording at full rate. The moments come from a printed seed: a few in every
 * run, fifty and more with TAPEDECK_KILLS=50.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { checkHistory } from '@tapedeck/db/check/history-check';
import { auditSession } from '@tapedeck/db/check/session-audit';
import { type History, openHistory } from '@tapedeck/db/history';
import type { Session } from '@tapedeck/market/instrument/session';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';

import { ThreadWaits } from './test-waits.ts';

const SYMBOLS = ['BTC-USD@sim', 'ETH-USD@sim', 'SOL-USD@sim'];
const CHILD = fileURLToPath(new URL('./killed-recorder.ts', import.meta.url));
const SEED = Number(process.env['TAPEDECK_TEST_SEED'] ?? 20_261_121);
const KILLS = Number(process.env['TAPEDECK_KILLS'] ?? 8);
/**
 * A kill falls within this time after the first commit: long enough to hit every part of a batch, and to lose too
 * much if commits are too rare.
 */
const MOMENTS_MS = 2_000;
/** H3. */
const MAX_LOST_MS = 1_000;
/**
 * On a machine that is busy otherwise, the recording may lose as much more as its threads waited for a processor or a
 * disk since the lost data arrived. A machine where they waited less than this counts as quiet, and no more is
 * allowed.
 */
const QUIET_MS = 50;
/** One kill in this many comes before anything is written: while the file is opened or created. */
const EARLY = 4;

type Said = {
  readonly session: string | null;
  readonly lastWriteAt: number | null;
  readonly now: number;
};
/** How long the process had waited in total, and when. */
type Waited = { readonly at: number; readonly totalMs: number };
type Killed = { readonly said: Said | undefined; readonly waits: readonly Waited[] };

/** Starts a recorder, kills it with -9 at a random moment, and returns its last report. */
async function recordAndKill(path: string, random: Random): Promise<Killed> {
  const isEarly = random.integer(1, EARLY) === 1;
  const child = spawn(process.execPath, [CHILD, path, String(random.integer(1, 1e6))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let said: Said | undefined;
  let armed = false;
  const waits: Waited[] = [];
  const threads = new ThreadWaits(must(child.pid, 'a process'));
  const look = (): void => {
    const at = Date.now();
    waits.push({ at, totalMs: threads.total(at) });
  };
  for await (const line of createInterface({ input: child.stdout })) {
    said = JSON.parse(line) as Said;
    if (!child.killed) look();
    if (armed || !(isEarly || said.lastWriteAt !== null)) continue;
    armed = true;
    void pause(random.integer(0, isEarly ? 150 : MOMENTS_MS)).then(() => {
      look();
      child.kill('SIGKILL');
    });
  }
  await exited;
  return { said, waits };
}

/** How much a kill may lose of what arrived after `from`. */
function allowedMs(waits: readonly Waited[], from: number): number {
  const before = waits.findLast(({ at }) => at <= from) ?? waits[0];
  const waitedMs = Math.max(0, (waits.at(-1)?.totalMs ?? 0) - (before?.totalMs ?? 0));
  return waitedMs < QUIET_MS ? MAX_LOST_MS : MAX_LOST_MS + waitedMs;
}

/** Every book is that of its own last change, nothing is damaged, and the time before it is a recorded hole. */
function expectWhole(
  history: History,
  session: Session,
  brokenOff: number | undefined,
  told: string,
): void {
  for (const symbol of SYMBOLS) {
    const last = history.books.at(symbol, session.to + 1, session.id)?.book;
    expect(last?.bids[0]?.[1], told).toBe(last?.eventTime);
    expect(session.to - (last?.eventTime ?? 0), told).toBeLessThan(300);
    if (brokenOff === undefined) continue;
    const hole = session.gaps.find((gap) => gap.symbol === symbol);
    expect(hole, told).toMatchObject({ reason: 'restart' });
    expect(hole?.from, told).toBeLessThanOrEqual(brokenOff);
    expect(hole?.to, told).toBeGreaterThanOrEqual(session.from);
  }
  for (const audit of auditSession(history, session.id)) {
    const good = { crossed: 0, segmentChecks: { failed: 0 }, problems: [] };
    expect(audit, told).toMatchObject(good);
    expect(audit.candles.equal, told).toBe(audit.candles.compared);
  }
}

test(
  `H3: ${KILLS} kills lose less than a second each, corrupt nothing, and each hole is a recorded gap (seed ${SEED})`,
  { timeout: 30_000 + KILLS * 10_000 },
  async () => {
    const random = new Random(SEED);
    const folder = mkdtempSync(join(tmpdir(), 'tapedeck-kill-'));
    const path = join(folder, 'history.db');
    const ended: { readonly session: string; readonly to: number }[] = [];
    for (let kill = 1; kill <= KILLS; kill++) {
      const told = `kill ${kill}, seed ${SEED}`;
      const { said, waits } = await recordAndKill(path, random);
      const failed = checkHistory(path).filter((finding) => finding.state === 'failed');
      expect(failed, told).toEqual([]);
      const history = openHistory(path, { readonly: true });
      for (const session of history.sessions.list().toReversed()) {
        const isKnown = ended.some((each) => each.session === session.id);
        if (session.symbols.length === 0 || isKnown) continue;
        if (said?.session === session.id && said.lastWriteAt !== null) {
          const lost = said.now - session.to;
          expect(lost, told).toBeLessThan(allowedMs(waits, session.to));
        }
        expectWhole(history, session, ended.at(-1)?.to, told);
        ended.push({ session: session.id, to: session.to });
      }
      history.close();
    }
    // Most of them left something.
    expect(ended.length).toBeGreaterThanOrEqual(KILLS / 2);
    rmSync(folder, { recursive: true, force: true });
  },
);
