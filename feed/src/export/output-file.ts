import { closeSync, existsSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

/** A target that is there already: nothing is ever overwritten. */
export class OutputExists extends Error {
  override readonly name = 'OutputExists';

  constructor(path: string) {
    super(`${path} exists already; name another with --out`);
  }
}

const BUFFER_CHARACTERS = 256 * 1_024;

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

  /** @throws OutputExists */
  constructor(path: string) {
    if (existsSync(path)) throw new OutputExists(path);
    this.path = path;
    this.#partial = `${path}.partial`;
    this.#file = openSync(this.#partial, 'w');
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
    writeSync(this.#file, this.#buffer);
    this.#buffer = '';
  }
}
