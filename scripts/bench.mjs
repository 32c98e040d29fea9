import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { ROOT, childEnvironment, productNode, typeStrippingFlags } from './node-runtime.mjs';

/**
 * `npm run bench -- book|history|import|recording|fanout|limits|reads|wire|venues [options]`: each also measures its
 * baselines.
 */
const BENCHES = {
  book: 'market/bench/book-bench.ts',
  history: 'db/bench/history-bench.ts',
  import: 'feed/bench/import-bench.ts',
  recording: 'feed/bench/recording-bench.ts',
  fanout: 'feed/bench/fanout-bench.ts',
  limits: 'feed/bench/fanout-limits.ts',
  reads: 'feed/bench/reads-bench.ts',
  wire: 'feed/bench/wire-bench.ts',
  venues: 'feed/bench/venues-bench.ts',
};

/** @param {string | undefined} name @returns {name is keyof typeof BENCHES} */
function isBench(name) {
  return name !== undefined && Object.hasOwn(BENCHES, name);
}

const [name, ...options] = process.argv.slice(2);
if (isBench(name)) {
  const child = spawn(
    productNode(),
    [...typeStrippingFlags(), '--expose-gc', join(ROOT, BENCHES[name]), ...options],
    { stdio: 'inherit', env: childEnvironment() },
  );
  child.once('exit', (code) => {
    process.exitCode = code ?? 1;
  });
} else {
  process.stderr.write(`usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [options]\n`);
  process.exitCode = 2;
}
