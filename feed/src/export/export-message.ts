import type { ExportFormat } from '@tapedeck/market/wire/http';

/** What an export's thread is started with. */
export type ExportSettings = {
  readonly path: string;
  readonly session: string;
  readonly format: ExportFormat;
  /** A folder of its own, for a tape that is made before it is sent; whoever started the thread removes it. */
  readonly folder: string;
};

/** `pull` asks for one more chunk. */
export type ToExport = 'pull';

export type FromExport =
  | { readonly type: 'chunk'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'end' }
  | { readonly type: 'failed'; readonly message: string; readonly temporary: boolean };
