/*
 * The process of one import: its own memory, garbage collector and priority keep it from slowing the live market, and
 * it can be killed at any time, because its session is invisible until it is complete.
 */
import { setPriority } from 'node:os';

import { openHistory } from '@tapedeck/db/history';
import { LONG_AGO } from '@tapedeck/market/time/clock';

import { importRecordings, type ImportProgress } from '../import/session/recording-import.ts';
import { SystemClock } from '../machine/system-clock.ts';
import type { FromImport, ToImport } from './import-message.ts';

/** Below the feed on the same machine. */
const NICENESS = 10;
const PROGRESS_MS = 200;
/** An import writes in long transactions alongside the recorder, so each may have to wait for the other. */
const BUSY_TIMEOUT_MS = 30_000;

const clock = new SystemClock();
const stopping = new AbortController();

function say(message: FromImport): void {
  // The feed may be gone, or about to go: without a callback an error of the pipe would end this process and leave
  // its partial session.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

async function run(message: ToImport & { readonly type: 'start' }): Promise<void> {
  const history = openHistory(message.path, { busyTimeoutMs: BUSY_TIMEOUT_MS });
  let saidAt = LONG_AGO;
  let last: ImportProgress | undefined;
  try {
    const sessions = await importRecordings({
      history,
      clock,
      files: message.files,
      ...message.choices,
      signal: stopping.signal,
      onProgress: (progress) => {
        last = progress;
        const now = clock.monotonic();
        if (now - saidAt < PROGRESS_MS) return;
        saidAt = now;
        say({ type: 'progress', progress });
      },
    });
    say({ type: 'done', sessions, progress: last });
  } catch (error) {
    say({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  } finally {
    history.close();
  }
}

function sweep(path: string): void {
  const history = openHistory(path, { busyTimeoutMs: BUSY_TIMEOUT_MS });
  history.sessions.deleteAbandonedImports(clock.now());
  history.close();
}

setPriority(NICENESS);
// A killed feed ends its imports too.
process.on('disconnect', () => stopping.abort(new Error('the feed has ended')));
process.on('message', (message: ToImport) => {
  switch (message.type) {
    case 'cancel':
      stopping.abort(new Error('cancelled'));
      return;
    case 'sweep':
      sweep(message.path);
      process.disconnect();
      return;
    case 'start':
      void run(message).then(() => process.connected && process.disconnect());
  }
});
