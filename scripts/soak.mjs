import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { ROOT, childEnvironment, productNode, typeStrippingFlags } from './node-runtime.mjs';

/**
 * `npm run soak -- [--minutes 10] [--seed 1]`: runs the feed under every fault and checks that its guarantees hold.
 */
const child = spawn(
  productNode(),
  [...typeStrippingFlags(), join(ROOT, 'feed/soak/soak.ts'), ...process.argv.slice(2)],
  { stdio: 'inherit', env: childEnvironment() },
);
child.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
