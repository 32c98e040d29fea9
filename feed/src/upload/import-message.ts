import type { ImportResult } from '../import/session/import-result.ts';
import type { ImportProgress } from '../import/session/recording-import.ts';

/** What the sender of a recording may say of it, where the files do not. */
export type ImportChoices = {
  readonly format?: string | undefined;
  readonly symbol?: string | undefined;
  readonly tickSize?: string | undefined;
  readonly lotSize?: string | undefined;
  readonly strict?: boolean | undefined;
};

/** To the process of an import. `sweep` removes what killed imports have left, and does no more. */
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
      /** How far it came: progress is told now and then, its end with the end. */
      readonly progress: ImportProgress | undefined;
    }
  | { readonly type: 'failed'; readonly message: string };
