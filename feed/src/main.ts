/* The process: reads settings, starts the feed, prints its address, stops it on a signal. */
import { HistoryError } from '@tapedeck/db/database/history-error';
import { isOutOfDescriptors } from '@tapedeck/net/descriptors';

import { ConfigError, readConfig } from './config/config.ts';
import { startFeed } from './feed.ts';
import { createLog } from './machine/log.ts';
import { SystemClock } from './machine/system-clock.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A stop that takes longer is cut short; what the recorder has not written by then becomes a gap. */
const STOP_MS = 4_000;
const log = createLog();

/** One line for what the user can fix; a stack trace for our own bugs. */
function fail(error: unknown): never {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof ConfigError || error instanceof HistoryError)
    process.stderr.write(`${error.message}\n`);
  else if (code === 'EADDRINUSE' || code === 'EACCES' || code === 'EADDRNOTAVAIL')
    process.stderr.write(`TAPEDECK_HOST, TAPEDECK_PORT: ${(error as Error).message}\n`);
  else log.fatal({ err: error }, 'the feed cannot start');
  const isWrongPath = error instanceof HistoryError && error.kind === 'foreign';
  process.exit(isWrongPath ? 2 : 1);
}

try {
  const config = readConfig(process.env);
  const feed = await startFeed(config, new SystemClock(), log);
  process.stdout.write(`${JSON.stringify({ listening: { host: feed.host, port: feed.port } })}\n`);
  log.info({ host: feed.host, port: feed.port, source: config.source.text }, 'listening');
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), STOP_MS).unref();
    feed.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  for (const signal of SIGNALS) process.on(signal, () => stop(signal));
  process.on('uncaughtException', (error) => {
    // A shortage that passes: the operation that needed a descriptor failed, the market goes on (P35a). Other errors
    // are bugs.
    if (isOutOfDescriptors(error)) log.error({ err: error }, 'no file descriptor left');
    else {
      log.fatal({ err: error }, 'uncaught exception');
      process.exit(1);
    }
  });
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
} catch (error) {
  fail(error);
}
