/* H6: the state rows of a market are checked against one another and against its range. */
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { SessionWriter } from '../recording/session-writer.ts';
import { TestHistory } from '../test/test-history.ts';
import { beginRecording, START, SYMBOL } from '../test/test-recording.ts';
import { auditSession, holds, type MarketAudit } from './session-audit.ts';

let disk: TestHistory;
let writer: SessionWriter;

/** A market that is halted, resumes and then stays crossed; its last event is later. */
beforeEach(() => {
  disk = new TestHistory();
  writer = beginRecording(disk.history);
  const book = (sequence: number, time: number) => ({
    ...{ sequence, eventTime: time, receiveTime: time },
    ...{ bids: [[99, 5]] as const, asks: [[101, 5]] as const },
  });
  writer.snapshot(SYMBOL, book(1, START));
  const common = { since: START + 10, crossedSince: undefined };
  writer.state(SYMBOL, { time: START + 10, state: 'halted', reason: 'halt', ...common });
  writer.state(SYMBOL, { time: START + 20, state: 'ok', reason: 'halt', ...common });
  const crossed = { since: START + 20, crossedSince: START + 30 };
  writer.state(SYMBOL, { time: START + 30, state: 'ok', reason: 'halt', ...crossed });
  writer.delta(SYMBOL, { ...book(2, START + 40), previous: 1, bids: [[99, 6]], asks: [] });
});
afterEach(() => disk.close());

function audited(): MarketAudit {
  const [audit] = auditSession(disk.history, 'one');
  if (audit === undefined) throw new Error('there is no market');
  return audit;
}

test('rows written by a recorder pass, while it runs and afterwards', () => {
  writer.flush({ partial: true, now: START });
  expect(audited()).toMatchObject({ states: { ok: 3, failed: 0 }, problems: [] });
  writer.close(START);
  expect(audited()).toMatchObject({ states: { ok: 3, failed: 0 }, problems: [] });
  expect(holds(audited())).toBe(true);
});

test.each([
  ['state', "'open'", '"open" is no state'],
  ['reason', "'weather'", '"weather" is no reason'],
  ['time', "'noon'", '"noon" is no time'],
  ['time', START + 41, `${START + 41} is later than the market's last event, ${START + 40}`],
  ['time', START + 15, `${START + 15} comes after ${START + 20}`],
  ['since', START + 31, `since ${START + 31} is not before its ${START + 30}`],
  ['crossed_since', START + 31, `crossed since ${START + 31}, which is not before`],
])('a row whose %s is %s is told, and the session does not hold', (column, value, told) => {
  writer.close(START);
  const { connection } = disk.history;
  // `since` and `crossedSince` stay valid, unless they are what the case breaks.
  if (column === 'time')
    connection.exec(`update market_state set since = ${START}, crossed_since = null where id = 3`);
  connection.exec(`update market_state set ${column} = ${value} where id = 3`);
  const audit = audited();
  expect(audit.states).toEqual({ ok: 2, failed: 1 });
  expect(audit.problems).toEqual([expect.stringContaining(`market state 3: ${told}`)]);
  expect(holds(audit)).toBe(false);
});

test('a state before the first event, from another session, passes', () => {
  writer.close(START);
  const { connection } = disk.history;
  connection.exec(`update market_state set time = ${START - 5_000}, since = 5 where id = 1`);
  expect(audited().states).toEqual({ ok: 3, failed: 0 });
});
