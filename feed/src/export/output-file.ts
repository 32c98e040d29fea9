import { closeSync, existsSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { makeFolder } from '@tapedeck/db/database/database-file';
import { asHistoryError } from '@tapedeck/db/database/history-error';

/** A target that is there already: nothing is ever overwritten. */
export class OutputExists extends Error {
  override readonly name = 'OutputExists';

  constructor(path: string) {
    super(`${path} exists already; name another with --out`);
  }
}

const BUFFER_CHARACTERS = 256 * 1_024;

/** @throws HistoryError where it cannot be made. */
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

/** A file that is there under its name only once it is whole. */
export class OutputFile implements TextOutput {
  readonly path: string;
  readonly #partial: string;
  readonly #file: number;
  #buffer = '';

  /** Makes its folder. @throws OutputExists, HistoryError where nothing can be written there. */
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

  /** Leaves nothing. */
  abort(): void {
    closeSync(this.#file);
    rmSync(this.#partial, { force: true });
  }

  #flush(): void {
    // All of it: a disk that fills takes a part of a write, and says so with the next one only.
    written(this.path, () => writeFileSync(this.#file, this.#buffer));
    this.#buffer = '';
  }
}
