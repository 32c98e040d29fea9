import { spawn } from 'node:child_process';

import { BoundedLog } from './bounded-log.mjs';
import { Failure } from './failure.mjs';
import { ROOT } from './node-runtime.mjs';

/** How long a server may take to stop before it is killed. */
const GRACE_MS = 5_000;

/** All running groups, so that one signal stops them all. @type {Set<ChildGroup>} */
const running = new Set();

/**
 * A child process in a process group of its own: stopping it also stops every process that it started. Its output
 * goes to a bounded log; `onLine` gets each complete line.
 */
export class ChildGroup {
  #child;
  /** @type {Promise<{ code: number | null, signal: NodeJS.Signals | null }>} Settles when the child has ended. */
  exited;

  /**
   * @param {{
   *   name: string, command: string, arguments: readonly string[], logFile: string,
   *   env: NodeJS.ProcessEnv, cwd?: string, onLine?: (line: string) => void,
   * }} options
   */
  constructor({ name, command, arguments: args, logFile, env, cwd = ROOT, onLine }) {
    this.name = name;
    this.log = new BoundedLog(logFile, `--- ${new Date().toISOString()} ${name}`);
    this.#child = spawn(command, [...args], {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this);
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.on('data', (/** @type {Buffer} */ chunk) => {
        for (const line of this.log.write(chunk)) onLine?.(line);
      });
    this.exited = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.log.write(Buffer.from(`${error.message}\n`));
        running.delete(this);
        resolve({ code: 1, signal: null });
      });
      // 'close' and not 'exit', so that the last lines have been read.
      this.#child.once('close', (code, signal) => {
        running.delete(this);
        resolve({ code, signal });
      });
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** Sends a signal to the group. A group that has ended is not an error. @param {NodeJS.Signals} signal */
  signal(signal) {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
    }
  }

  /** Asks the group to end, kills what is left after `graceMs`, and waits for the end. */
  async stop(graceMs = GRACE_MS) {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    await this.exited;
    clearTimeout(timer);
    // The leader has ended; no process of its group may outlive it.
    this.signal('SIGKILL');
  }
}

/** Stops every child group of this process. */
export async function stopAll() {
  await Promise.all([...running].map((group) => group.stop()));
}

/** Kills every child group of this process at once. */
export function killAll() {
  for (const group of running) group.signal('SIGKILL');
}

/**
 * Runs a command to its end. @throws Failure with its last lines if it fails.
 * @param {ConstructorParameters<typeof ChildGroup>[0]} options
 */
export async function runToEnd(options) {
  const group = new ChildGroup(options);
  const { code, signal } = await group.exited;
  if (code === 0) return;
  const output = group.log.lastLines();
  const full = output.some((line) => /ENOSPC|no space left|disk is full/i.test(line));
  throw new Failure(
    full
      ? `${options.name} failed: the disk is full`
      : `${options.name} failed (${signal ?? `exit status ${code}`}); the full output is in ${group.log.path}`,
    { output },
  );
}
