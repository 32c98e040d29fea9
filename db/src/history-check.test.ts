import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { checkHistory, type Finding } from './history-check.ts';
import { HistoryError } from './history-error.ts';
import type { History } from './history.ts';
import { TestHistory } from './test-history.ts';
import { beginRecording, START, SYMBOL } from './test-recording.ts';

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

test('a sound history has nothing but sound findings', () => {
  const states = checkHistory(history.path).map(({ check, state }) => `${check} ${state}`);
  expect(states).toEqual([
    'open ok',
    'integrity ok',
    'migrations ok',
    'segments ok',
    'gaps ok',
    'sessions ok',
    expect.stringMatching(/^space/),
  ]);
});

test('a segment whose content was changed is found by its CRC', () => {
  history.connection.exec("update segment set keyframe = keyframe || x'00'");
  expect(findingOf('segments')).toMatchObject({
    state: 'failed',
    detail: expect.stringContaining('1 of 1 damaged: BTC-USD@sim in one') as string,
  });
});

test('gaps are told, and are no fault of the file', () => {
  history.connection.exec(
    `insert into gap (session, symbol, from_time, to_time, reason) values ('one', '${SYMBOL}', ${START}, ${START + 2_500}, 'restart')`,
  );
  expect(findingOf('gaps')).toMatchObject({ state: 'advice' });
  expect(findingOf('gaps')?.detail).toContain('1 restart; the longest 2.5 s');
});

test('rows that hang on nothing are found', () => {
  history.connection.pragma('foreign_keys = OFF');
  history.connection.exec("delete from session where id = 'one'");
  expect(findingOf('integrity')).toMatchObject({ state: 'failed' });
});

test('a file that is not there is the caller to tell', () => {
  expect(() => checkHistory(join(disk.folder, 'none.db'))).toThrow(HistoryError);
});
