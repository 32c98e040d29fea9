import { closeSync, existsSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { makeFolder } from '@tapedeck/db/database/database-file';
import { asHistoryError } from '@tapedeck/db/database/history-error';

/** The target exists: nothing is ever overwritten. */
export class OutputExists extends Error {
  override readonly name = 'OutputExists';

  constructor(path: string) {
    super(`${path} already exists; name another with --out`);
  }
}

const BUFFER_CHARACTERS = 256 * 1_024;

/** @throws HistoryError if it cannot be created. */
export function outputFolder(folder: string): void {
  written(folder, () => makeFolder(folder));
}

function written<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw asHistoryError(error, `cannot write ${path}`);
  }
}

/** Takes text in small pieces. */
export interface TextOutput {
  write(text: string): void;
}

/** A file that gets its name only once it is complete. */
export class OutputFile implements TextOutput {
  readonly path: string;
  readonly #partial: string;
  readonly #file: number;
  #buffer = '';

  /** Creates its folder. @throws OutputExists, HistoryError if nothing can be written there. */
  constructor(path: string) {
    if (existsSync(path)) throw new OutputExists(path);
    this.path = path;
    this.#partial = `${path}.partial`;
    outputFolder(dirname(path));
    this.#file = written(path, () => openSync(this.#partial, 'w'));
  }

  write(text: string): void {
    this.#buffer += text;
    if (this.#buffer.length >= BUFFER_CHARACTERS) this.#flush();
  }

  /** Writes the rest and gives the file its name. */
  finish(): void {
    this.#flush();
    closeSync(this.#file);
    renameSync(this.#partial, this.path);
  }

  /** Leaves nothing behind. */
  abort(): void {
    closeSync(this.#file);
    rmSync(this.#partial, { force: true });
  }

  #flush(): void {
    // Everything: on a filling disk a write may be partial, which only the next write reports.
    written(this.path, () => writeFileSync(this.#file, this.#buffer));
    this.#buffer = '';
  }
}
