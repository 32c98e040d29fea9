/* One file of raw lines, compressed while it is written, so that a killed feed loses at most the last second. */
import { createWriteStream, openSync } from 'node:fs';
import { constants, createGzip } from 'node:zlib';

/** Compressed data that waits for the disk; beyond it lines are dropped, and counted. */
const MOST_WAITING_BYTES = 16 * 1_024 * 1_024;

export class RawFile {
  readonly path: string;
  readonly #gzip = createGzip();
  readonly #written: Promise<void>;
  #waiting = 0;
  #isBroken = false;
  #hasNews = false;

  /**
   * @param onFailure called once if the file cannot be written; what follows is dropped.
   * @throws Error if it cannot be created, or exists.
   */
  constructor(path: string, onFailure: (error: Error) => void) {
    this.path = path;
    const file = createWriteStream(path, { fd: openSync(path, 'wx') });
    this.#written = new Promise((resolve) => {
      const fail = (error: Error): void => {
        if (!this.#isBroken) onFailure(error);
        this.#isBroken = true;
        resolve();
      };
      file.once('error', fail);
      this.#gzip.once('error', fail);
      file.once('close', resolve);
    });
    this.#gzip.pipe(file);
  }

  /** False if the line was dropped. */
  write(line: string): boolean {
    if (this.#isBroken || this.#waiting > MOST_WAITING_BYTES) return false;
    const bytes = Buffer.byteLength(line);
    this.#waiting += bytes;
    this.#hasNews = true;
    this.#gzip.write(line, () => void (this.#waiting -= bytes));
    return true;
  }

  /** Hands everything written so far to the system. */
  flush(): void {
    if (!this.#hasNews || this.#isBroken) return;
    this.#hasNews = false;
    this.#gzip.flush(constants.Z_SYNC_FLUSH);
  }

  /** Resolves once everything is written. */
  async close(): Promise<void> {
    if (!this.#isBroken) this.#gzip.end();
    await this.#written;
  }
}
