import { afterEach, beforeEach, expect, test } from 'vitest';

import { TestHistory } from '@tapedeck/db/test/test-history';
import { beginRecording, START, SYMBOL } from '@tapedeck/db/test/test-recording';

import { SystemClock } from '../machine/system-clock.ts';
import { ExportDesk, type ExportDownload } from './export-desk.ts';

let disk: TestHistory;
let desk: ExportDesk;
beforeEach(() => {
  disk = new TestHistory();
  desk = new ExportDesk(disk.history.path, new SystemClock());
});
afterEach(() => {
  desk.close();
  disk.close();
});

async function opened(): Promise<ExportDownload> {
  const download = await desk.open('one', 'ndjson', new AbortController().signal);
  if ('refused' in download) throw new Error(download.message);
  return download;
}

test('a download ends properly for a reader that continues after its thread has ended', async () => {
  const writer = beginRecording(disk.history);
  const times = { eventTime: START, receiveTime: START };
  writer.snapshot(SYMBOL, { sequence: 1, ...times, bids: [[1, 1]], asks: [[2, 1]] });
  writer.close(START);
  // All data is one chunk, which waits for its reader while the thread reports the end.
  const slow = await opened();
  // Another download starts, is read and ends: the first thread has long ended by then.
  const other = await new Response((await opened()).body).text();
  const text = await new Response(slow.body).text();
  expect(text).toBe(other);
  await expect.poll(() => desk.count, { timeout: 5_000 }).toBe(0);
});
