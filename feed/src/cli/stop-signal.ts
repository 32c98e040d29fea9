const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Timers of the clock do not keep a process alive, and while a link waits there is no socket that would. */
const KEEP_ALIVE_MS = 60_000;

/** Waits for what follows a feed until it is done, asked to stop, or nobody reads what it prints (`| head`). */
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
