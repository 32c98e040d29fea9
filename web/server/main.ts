/* The web's process: serves the built pages until a signal stops it. */
import { resolve } from 'node:path';

import { isOutOfDescriptors } from '@tapedeck/net/descriptors';

import { startWebServer } from './web-server.ts';

try {
  const host = process.env['TAPEDECK_HOST'] || '127.0.0.1';
  const port = Number(process.env['TAPEDECK_WEB_PORT'] || 3000);
  const folder = resolve(import.meta.dirname, '..');
  const server = await startWebServer({ folder, host, port });
  process.stdout.write(`${JSON.stringify({ listening: { host, port: server.port } })}\n`);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      server.close();
      process.exit(0);
    });
  process.on('uncaughtException', (error) => {
    process.stderr.write(`web: ${error.stack ?? String(error)}\n`);
    // A passing shortage (P35a); anything else is a bug of ours.
    if (!isOutOfDescriptors(error)) process.exit(1);
  });
} catch (error) {
  process.stderr.write(`TAPEDECK_HOST, TAPEDECK_WEB_PORT: ${String(error)}\n`);
  process.exit(1);
}
