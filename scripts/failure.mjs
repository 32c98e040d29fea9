/** An expected failure of a command: shown as one line (and the output that explains it), never with a stack. */
export class Failure extends Error {
  /** @override */
  name = 'Failure';

  /**
   * @param {string} message what, which, and what to do
   * @param {{ output?: readonly string[], cause?: unknown }} [more] `output`: last lines of what failed
   */
  constructor(message, { output = [], cause } = {}) {
    super(message, { cause });
    this.output = output;
  }
}

/** What the operating system's refusals mean to the person who reads them. @type {Record<string, string>} */
const REFUSALS = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the folder is read-only',
  EACCES: 'no permission to write',
  EPERM: 'no permission to write',
  ENOENT: 'the folder cannot be made there',
  ENOTDIR: 'a file stands where a folder is needed',
};

/**
 * A refused write as a Failure that names the path; anything else is a bug and stays what it is.
 * @param {unknown} error
 * @param {string} path
 */
export function refusedWrite(error, path) {
  const code = /** @type {NodeJS.ErrnoException} */ (error)?.code ?? '';
  const reason = REFUSALS[code];
  return reason === undefined
    ? error
    : new Failure(`cannot write ${path}: ${reason}`, { cause: error });
}

/**
 * The one place that reports and exits: runs `command`, whose result is the exit status.
 * @param {() => Promise<number>} command
 */
export async function runCommand(command) {
  try {
    process.exitCode = await command();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    for (const line of error.output) console.error(`  ${line}`);
    console.error(`tapedeck: ${error.message}`);
    process.exitCode = 1;
  }
}
