/* The web as a process whose sockets have a test's deadlines. */
import { resolve } from 'node:path';

import { givenDeadlines } from '@tapedeck/net/test-server-process';

import { startWebServer } from './web-server.ts';

const server = await startWebServer({
  folder: resolve(import.meta.dirname, '..'),
  host: '127.0.0.1',
  port: 0,
  deadlines: givenDeadlines(),
});
process.stdout.write(`${JSON.stringify({ listening: { port: server.port } })}\n`);
