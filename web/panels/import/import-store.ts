import type { ImportBody } from '@tapedeck/market/wire/import';

import { Listeners } from '../../signal/listeners.ts';

/** An upload of this page, until the feed has all of it; then the feed's own import replaces it. */
export type Upload = {
  readonly id: string;
  readonly files: readonly File[];
  readonly symbol: string | undefined;
  readonly sentBytes: number;
  readonly totalBytes: number;
  readonly startedAt: number;
  /** Why the feed refused it. */
  readonly problem?: string;
};

export type ImportsView = {
  readonly uploads: readonly Upload[];
  /** Imports started by this page: also shown after they have ended. */
  readonly mine: ReadonlySet<string>;
  readonly dismissed: ReadonlySet<string>;
};

export type SendImport = (
  files: readonly File[],
  symbol: string | undefined,
  options: {
    readonly signal: AbortSignal;
    readonly onProgress: (sentBytes: number, totalBytes: number) => void;
  },
) => Promise<Pick<ImportBody, 'id'>>;

/** The page's uploads: they continue while the user is on another page of the dashboard. */
export class ImportStore {
  readonly #send: SendImport;
  readonly #now: () => number;
  readonly #listeners = new Listeners();
  readonly #aborts = new Map<string, AbortController>();
  readonly #files = new Map<string, Upload>();
  #view: ImportsView = { uploads: [], mine: new Set(), dismissed: new Set() };
  #count = 0;

  constructor(send: SendImport, now: () => number) {
    this.#send = send;
    this.#now = now;
  }

  readonly subscribe = this.#listeners.add;

  readonly getSnapshot = (): ImportsView => this.#view;

  /** Sends the files of one recording together; resolves when the feed has them or has refused them. */
  async start(files: readonly File[], symbol?: string): Promise<void> {
    const id = `upload-${this.#count++}`;
    const totalBytes = files.reduce((sum, file) => sum + file.size, 0);
    const startedAt = this.#now();
    const upload: Upload = { id, files, symbol, sentBytes: 0, totalBytes, startedAt };
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    this.#put({ uploads: [upload, ...this.#view.uploads] });
    try {
      const job = await this.#send(files, symbol, {
        signal: abort.signal,
        onProgress: (sentBytes, total) =>
          this.#change(id, { sentBytes, totalBytes: Math.max(total, totalBytes) }),
      });
      this.#files.set(job.id, upload);
      this.#put({
        uploads: this.#view.uploads.filter((each) => each.id !== id),
        mine: new Set([...this.#view.mine, job.id]),
      });
    } catch (error) {
      if (abort.signal.aborted) this.dismiss(id);
      else this.#change(id, { problem: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#aborts.delete(id);
    }
  }

  /** The files of a failed import, to retry with another symbol; undefined for an import of another page. */
  filesOf(id: string): readonly File[] | undefined {
    const upload = this.#files.get(id) ?? this.#view.uploads.find((each) => each.id === id);
    return upload?.files;
  }

  cancel(id: string): void {
    this.#aborts.get(id)?.abort();
  }

  /** Removes an ended upload or import from the page. */
  dismiss(id: string): void {
    this.#files.delete(id);
    this.#put({
      uploads: this.#view.uploads.filter((each) => each.id !== id),
      dismissed: new Set([...this.#view.dismissed, id]),
    });
  }

  #change(id: string, change: Partial<Upload>): void {
    this.#put({
      uploads: this.#view.uploads.map((each) => (each.id === id ? { ...each, ...change } : each)),
    });
  }

  #put(change: Partial<ImportsView>): void {
    this.#view = { ...this.#view, ...change };
    this.#listeners.notify();
  }
}
