/* A server in a process of its own, for tests that knock at its port and count its descriptors. */
import { type ChildProcess, spawn } from 'node:child_process';

import { DEADLINES, type Deadlines } from './deadlines.ts';

/** A tenth of a second instead of the ten of a real peer. */
export const SHORT_DEADLINES: Deadlines = {
  headersMs: 400,
  keepAliveMs: 200,
  idleMs: 400,
  upgradeMs: 400,
  bodyGraceMs: 600,
  checkMs: 100,
};
const DEADLINES_NAME = 'TEST_DEADLINES';
const LISTENING = /\{"listening":\{.*"port":(\d+)/;

export type ServerProcess = {
  readonly pid: number;
  readonly port: number;
  /** How it ended; undefined while it runs. */
  readonly ended: () => string | undefined;
  /** What it has written so far. */
  readonly said: () => string;
  readonly stop: () => Promise<void>;
};

/** Starts `node FILE`, with a limit of descriptors if one is given, and waits until it reports its port. */
export function startServerProcess(options: {
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  readonly deadlines?: Deadlines;
  readonly descriptors?: number;
}): Promise<ServerProcess> {
  const { file, env, deadlines = SHORT_DEADLINES, descriptors } = options;
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors}; `;
  const child = spawn('bash', ['-c', `${limit}exec "$0" "$1"`, process.execPath, file], {
    env: { ...process.env, ...env, [DEADLINES_NAME]: JSON.stringify(deadlines) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let ended: string | undefined;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = signal ?? `exit status ${code}`;
      resolve();
    });
  });
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const port = LISTENING.exec(said)?.[1];
      if (port !== undefined) resolve(running(Number(port)));
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', () => reject(new Error(`${file} ended (${ended}): ${said}`)));
  });

  function running(port: number): ServerProcess {
    return {
      pid: pidOf(child),
      port,
      ended: () => ended,
      said: () => said,
      stop: async () => {
        child.kill('SIGKILL');
        await exited;
      },
    };
  }
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('the process was never started');
  return pid;
}

/** In the started process: the deadlines that the test has passed. */
export function givenDeadlines(): Deadlines {
  const text = process.env[DEADLINES_NAME];
  return text === undefined ? DEADLINES : (JSON.parse(text) as Deadlines);
}
