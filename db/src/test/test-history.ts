import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type History, openHistory } from '../history.ts';

/** A history in a folder of its own. `close` deletes the folder with everything that a test has put there. */
export class TestHistory {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'tapedeck-history-'));
  readonly history: History = openHistory(join(this.folder, 'history.db'));

  close(): void {
    this.history.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
