/** An expected failure of a command: shown as one line and the output that explains it, without a stack trace. */
export class Failure extends Error {
  /** @override */
  name = 'Failure';

  /**
   * @param {string} message what happened, to what, and what to do
   * @param {{ output?: readonly string[], cause?: unknown }} [more] `output`: last lines of the failed command
   */
  constructor(message, { output = [], cause } = {}) {
    super(message, { cause });
    this.output = output;
  }
}

/** Error codes of the operating system in plain words. @type {Record<string, string>} */
const REFUSALS = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the folder is read-only',
  EACCES: 'no permission to write',
  EPERM: 'no permission to write',
  ENOENT: 'the folder cannot be created there',
  ENOTDIR: 'there is a file where a folder is needed',
};

/**
 * A refused write as a Failure that names the path. Any other error is a bug and is returned unchanged.
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
 * Runs `command`, whose result is the exit status. The only place that reports failures and sets the status.
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
