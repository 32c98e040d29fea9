import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { ROOT, childEnvironment, productNode, typeStrippingFlags } from './node-runtime.mjs';

/** `pnpm soak [--minutes 10] [--seed 1]`: the feed under every fault there is, and what must hold nevertheless. */
const child = spawn(
  productNode(),
  [...typeStrippingFlags(), join(ROOT, 'feed/soak/soak.ts'), ...process.argv.slice(2)],
  { stdio: 'inherit', env: childEnvironment() },
);
child.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
