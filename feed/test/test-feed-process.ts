/* The feed as a process whose socket deadlines the test sets. */
import { givenDeadlines } from '@tapedeck/net/test-server-process';

import { readConfig } from '../src/config/config.ts';
import { startFeed } from '../src/feed.ts';
import { createLog } from '../src/machine/log.ts';
import { SystemClock } from '../src/machine/system-clock.ts';

const log = createLog();
const feed = await startFeed(readConfig(process.env), new SystemClock(), log, givenDeadlines());
process.stdout.write(`${JSON.stringify({ listening: { port: feed.port } })}\n`);
