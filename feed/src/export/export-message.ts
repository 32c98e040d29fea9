import type { ExportFormat } from '@tapedeck/market/wire/http';

/** Start data of an export's thread. */
export type ExportSettings = {
  readonly path: string;
  readonly session: string;
  readonly format: ExportFormat;
  /** A folder for a tape that is made before it is sent; the thread's owner deletes it. */
  readonly folder: string;
};

/** `pull` requests one more chunk. */
export type ToExport = 'pull';

export type FromExport =
  | { readonly type: 'chunk'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'end' }
  | { readonly type: 'failed'; readonly message: string; readonly temporary: boolean };
