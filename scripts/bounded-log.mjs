import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { refusedWrite } from './failure.mjs';
import { ROOT } from './node-runtime.mjs';

export const LOG_FOLDER = join(ROOT, 'data/logs');

/** A log keeps at most this and as much again in its one older file. */
const MAX_BYTES = 5 * 1024 * 1024;
/** As many lines as still fit on a screen under an error message. */
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
   * @param {string} heading parts this run from the one before, in the file alone
   * @throws Failure when it cannot be written
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

  /** Appends and returns the lines that became whole. @param {Buffer} chunk */
  write(chunk) {
    try {
      if (this.#bytes + chunk.length > MAX_BYTES) this.#rotate();
      this.#bytes += writeSync(this.#file, chunk);
    } catch {
      // A full disk must not take the servers down: the last lines are still kept below.
    }
    const lines = (this.#rest + chunk.toString('utf8')).split('\n');
    this.#rest = lines.pop() ?? '';
    const whole = lines.map((line) => line.trimEnd()).filter((line) => line !== '');
    this.#lines = [...this.#lines, ...whole].slice(-KEPT_LINES);
    return whole;
  }

  /** The last whole lines, oldest first, and what was begun after them. */
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
