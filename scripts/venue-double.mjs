import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';

import { runCommand } from './failure.mjs';
import { ROOT, childEnvironment, productNode, typeStrippingFlags } from './node-runtime.mjs';
import { createProgress } from './progress.mjs';
import { install } from './setup.mjs';

const TOOL = join(ROOT, 'feed/test/double-tool/venue-double.ts');

/** `npm run venue-double -- VENUE... [--port N] [--faults] [--seed N]`: live venues without internet. */
async function main() {
  await install(createProgress({ stream: process.stderr }));
  const child = spawn(productNode(), [...typeStrippingFlags(), TOOL, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: childEnvironment(),
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}

await runCommand(main);
