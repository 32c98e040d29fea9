import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { HistoryError } from '../database/history-error.ts';
import { HistoryLock } from '../database/history-lock.ts';
import type { History } from '../history.ts';
import { TestHistory } from '../test/test-history.ts';
import { beginRecording, START, SYMBOL } from '../test/test-recording.ts';
import { checkHistory, type Finding } from './history-check.ts';

let disk: TestHistory;
let history: History;
beforeEach(() => {
  disk = new TestHistory();
  history = disk.history;
  const writer = beginRecording(history);
  const times = { eventTime: START, receiveTime: START };
  writer.snapshot(SYMBOL, { sequence: 1, ...times, bids: [[10, 1]], asks: [[11, 1]] });
  writer.close(START);
});
afterEach(() => {
  disk.close();
});

const findingOf = (check: string): Finding | undefined =>
  checkHistory(history.path).find((finding) => finding.check === check);

test('a history without damage has only ok findings', () => {
  const states = checkHistory(history.path).map(({ check, state }) => `${check} ${state}`);
  expect(states).toEqual([
    'open ok',
    'owner ok',
    'integrity ok',
    'migrations ok',
    'segments ok',
    'gaps ok',
    'sessions ok',
    expect.stringMatching(/^space/),
  ]);
});

test('H7: reports the owner and files moved aside, even if the file cannot be opened', () => {
  expect(findingOf('owner')?.detail).toBe('no feed is using it');
  const lock = HistoryLock.take(history.path, START);
  const who = `process ${process.pid} on ${hostname()}, since ${new Date(START).toISOString()}`;
  expect(findingOf('owner')?.detail).toBe(`a feed is using it: ${who}`);
  expect(findingOf('set aside')).toBeUndefined();
  for (const end of ['10', '2', '2-wal', 'x']) writeFileSync(`${history.path}.damaged-${end}`, '?');
  const aside =
    /^history\.db\.damaged-2 \(0\.0 MB, .*\); history\.db\.damaged-10 \([^;]*\): damaged/;
  expect(findingOf('set aside')).toMatchObject({ state: 'advice' });
  expect(findingOf('set aside')?.detail).toMatch(aside);
  // A second file, damaged.
  const broken = join(disk.folder, 'broken.db');
  writeFileSync(broken, Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(500, 7)]));
  writeFileSync(`${broken}.damaged-1`, '?');
  const found = checkHistory(broken).map(({ check, state }) => `${check} ${state}`);
  expect(found).toEqual(['open failed', 'owner ok', 'set aside advice']);
  lock.release();
});

test('a changed segment is detected by its CRC', () => {
  history.connection.exec("update segment set keyframe = keyframe || x'00'");
  expect(findingOf('segments')).toMatchObject({
    state: 'failed',
    detail: expect.stringContaining('1 of 1 damaged: BTC-USD@sim in one') as string,
  });
});

test('gaps are reported, and are not a fault of the file', () => {
  history.connection.exec(
    `insert into gap (session, symbol, from_time, to_time, reason) values ('one', '${SYMBOL}', ${START}, ${START + 2_500}, 'restart')`,
  );
  expect(findingOf('gaps')).toMatchObject({ state: 'advice' });
  expect(findingOf('gaps')?.detail).toContain('1 restart; the longest 2.5 s');
});

test('orphaned rows are detected', () => {
  history.connection.pragma('foreign_keys = OFF');
  history.connection.exec("delete from session where id = 'one'");
  expect(findingOf('integrity')).toMatchObject({ state: 'failed' });
});

test('a missing file is an error for the caller, not a finding', () => {
  expect(() => checkHistory(join(disk.folder, 'none.db'))).toThrow(HistoryError);
});
