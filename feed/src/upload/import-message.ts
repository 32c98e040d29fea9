import type { ImportResult } from '../import/session/import-result.ts';
import type { ImportProgress } from '../import/session/recording-import.ts';

/** What the sender of a recording may say about it, if the files do not. */
export type ImportChoices = {
  readonly format?: string | undefined;
  readonly symbol?: string | undefined;
  readonly tickSize?: string | undefined;
  readonly lotSize?: string | undefined;
  readonly strict?: boolean | undefined;
};

/** To the process of an import. `sweep` only deletes what killed imports have left. */
export type ToImport =
  | {
      readonly type: 'start';
      readonly path: string;
      readonly files: readonly string[];
      readonly choices: ImportChoices;
    }
  | { readonly type: 'sweep'; readonly path: string }
  | { readonly type: 'cancel' };

export type FromImport =
  | { readonly type: 'progress'; readonly progress: ImportProgress }
  | {
      readonly type: 'done';
      readonly sessions: readonly ImportResult[];
      /** Its final progress: progress messages come only now and then. */
      readonly progress: ImportProgress | undefined;
    }
  | { readonly type: 'failed'; readonly message: string };
