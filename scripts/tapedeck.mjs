import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';

import { runCommand } from './failure.mjs';
import { ROOT, childEnvironment, productNode } from './node-runtime.mjs';
import { createProgress } from './progress.mjs';
import { build, install } from './setup.mjs';

/** `npm run tapedeck -- <command>`: standard output is only for the command. */
async function main() {
  const progress = createProgress({ stream: process.stderr });
  await install(progress);
  // The bundle starts in a tenth of the time of the sources.
  await build(progress, ['feed']);
  const child = spawn(
    productNode(),
    [join(ROOT, 'feed/dist/tapedeck.mjs'), ...process.argv.slice(2)],
    { stdio: 'inherit', env: childEnvironment() },
  );
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
