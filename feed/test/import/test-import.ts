import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type History, openHistory } from '@tapedeck/db/history';
import { must } from '@tapedeck/market/number/assert';
import { ManualClock } from '@tapedeck/market/time/clock';

import type { ImportResult } from '../../src/import/session/import-result.ts';
import { importRecordings, type ImportOptions } from '../../src/import/session/recording-import.ts';

/** A history to import into, and a folder for the files, both temporary. */
export class TestImport {
  readonly history: History = openHistory(':memory:');
  readonly folder: string = mkdtempSync(join(tmpdir(), 'tapedeck-import-'));

  /** Writes a file, from lines or bytes; returns its path. */
  file(name: string, content: readonly string[] | string | Uint8Array): string {
    const path = join(this.folder, name);
    const isWhole = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(path, isWhole ? content : content.join('\n'));
    return path;
  }

  /** Imports files that are one session. */
  async of(files: readonly string[], options: Partial<ImportOptions> = {}): Promise<ImportResult> {
    const { history } = this;
    const clock = new ManualClock();
    const [result] = await importRecordings({ history, clock, files, ...options });
    return must(result, 'a session');
  }

  close(): void {
    this.history.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
