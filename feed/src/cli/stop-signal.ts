const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** The clock's timers do not keep a process alive, and a waiting link has no socket that would. */
const KEEP_ALIVE_MS = 60_000;

/** Runs a command that follows a feed until it is done, interrupted, or nobody reads its output (`| head`). */
export async function untilStopped(run: {
  readonly done: Promise<void>;
  readonly stop: () => void;
}): Promise<void> {
  const keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
  const stop = (): void => run.stop();
  for (const signal of SIGNALS) process.on(signal, stop);
  process.stdout.on('error', stop);
  try {
    await run.done;
  } finally {
    clearInterval(keepAlive);
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}
