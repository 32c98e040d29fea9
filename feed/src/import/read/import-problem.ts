/** What can be wrong with part of a recording without making all of it useless. */
const IMPORT_PROBLEMS = [
  'cut-file',
  'bad-line',
  'unknown-stream',
  'unknown-trade-type',
  'other-symbol',
  'time-backwards',
  'duplicate',
  'book-gap',
  'trade-gap',
  'trade-id',
  'candle-gap',
  'no-snapshot',
  'checksum',
  'too-large',
  'tick-size',
] as const;
export type ImportProblemKind = (typeof IMPORT_PROBLEMS)[number];

/** Where a problem is. */
export type LinePlace = { readonly file: string; readonly line: number };

/** One problem: always counted, and its line skipped unless the import is strict. */
export type ImportProblem = LinePlace & {
  readonly kind: ImportProblemKind;
  readonly detail: string;
};

/** An import that cannot continue: nothing of it is kept. The message names the file and line. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
  /** True if the call was wrong (no such file, no such format), not the recording. */
  readonly wrongUse: boolean;

  constructor(message: string, options: ErrorOptions & { readonly wrongUse?: boolean } = {}) {
    super(message, options);
    this.wrongUse = options.wrongUse === true;
  }
}

/** How many problems of each kind are kept in full; all are counted. */
const KEPT_PER_KIND = 5;

/** Counts problems and keeps the first few of each kind; in strict mode the first one ends the import. */
export class ProblemLog {
  readonly #strict: boolean;
  readonly #counts = new Map<ImportProblemKind, number>();
  readonly #kept: ImportProblem[] = [];

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  /** Counts of each kind that occurred. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** The first few of each kind, in the order in which they occurred. */
  get kept(): readonly ImportProblem[] {
    return this.#kept;
  }

  /** @throws ImportError in strict mode. */
  report(kind: ImportProblemKind, place: LinePlace, detail: string): void {
    const problem = { kind, ...place, detail };
    if (this.#strict) throw new ImportError(`${describeProblem(problem)} (refused by --strict)`);
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count <= KEPT_PER_KIND) this.#kept.push(problem);
  }
}

/** `FILE:LINE: kind: detail`, as compilers write it. */
export function describeProblem(problem: ImportProblem): string {
  return `${problem.file}:${problem.line}: ${problem.kind}: ${problem.detail}`;
}
