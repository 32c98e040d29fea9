import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { refusedWrite } from './failure.mjs';
import { ROOT } from './node-runtime.mjs';

export const LOG_FOLDER = join(ROOT, 'data/logs');

/** Maximum size of a log file. The one older file that is kept has the same limit. */
const MAX_BYTES = 5 * 1024 * 1024;
/** Number of lines that fit on a screen below an error message. */
const KEPT_LINES = 15;

/** A log file of bounded size that also remembers its last lines, for the message when its writer fails. */
export class BoundedLog {
  #file;
  #bytes;
  #rest = '';
  /** @type {string[]} */
  #lines = [];

  /**
   * @param {string} path
   * @param {string} heading separates this run from the previous one, in the file only
   * @throws Failure if the file cannot be written
   */
  constructor(path, heading) {
    this.path = path;
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#file = openSync(path, 'a');
      writeSync(this.#file, `${heading}\n`);
    } catch (error) {
      throw refusedWrite(error, path);
    }
    this.#bytes = fstatSync(this.#file).size;
  }

  /** Appends the chunk; returns the lines that it completes. @param {Buffer} chunk */
  write(chunk) {
    try {
      if (this.#bytes + chunk.length > MAX_BYTES) this.#rotate();
      this.#bytes += writeSync(this.#file, chunk);
    } catch {
      // A full disk must not stop the servers; the last lines are kept in memory below.
    }
    const lines = (this.#rest + chunk.toString('utf8')).split('\n');
    this.#rest = lines.pop() ?? '';
    const whole = lines.map((line) => line.trimEnd()).filter((line) => line !== '');
    this.#lines = [...this.#lines, ...whole].slice(-KEPT_LINES);
    return whole;
  }

  /** The last lines, oldest first, including an incomplete one. */
  lastLines() {
    return this.#rest === '' ? this.#lines : [...this.#lines, this.#rest];
  }

  #rotate() {
    closeSync(this.#file);
    renameSync(this.path, `${this.path}.1`);
    this.#file = openSync(this.path, 'a');
    this.#bytes = 0;
  }
}
