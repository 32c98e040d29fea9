import { dirname, join, relative } from 'node:path';

import { ROOT } from './node-runtime.mjs';

export const DIST = join(ROOT, 'feed/dist');

/** How sources refer to files next to them: the file of a worker, or a folder such as the migrations. */
export const URL_BESIDE = /new URL\(\s*'(\.\.?\/[^']*)',\s*import\.meta\.url,?\s*\)/g;

/**
 * Rewrites those URLs, because the bundle is in another folder: a `.ts` file is a worker and becomes a bundle of its
 * own (`recorder-worker.mjs`); any other URL is changed to point to the original place.
 */
const urlsBeside = {
  name: 'urls-beside',
  /**
   * @this {import('rolldown').PluginContext}
   * @param {string} code
   * @param {string} id
   */
  transform(code, id) {
    if (id.includes('node_modules') || !code.includes('import.meta.url')) return null;
    return code.replace(URL_BESIDE, (_, path) => {
      const target = join(dirname(id), path);
      const worker = /([a-z-]+)\.ts$/.exec(path)?.[1];
      if (worker === undefined) {
        const slash = path.endsWith('/') ? '/' : '';
        return `new URL('${relative(DIST, target)}${slash}', import.meta.url)`;
      }
      this.emitFile({ type: 'chunk', id: target, fileName: `${worker}.mjs` });
      return `new URL('./${worker}.mjs', import.meta.url)`;
    });
  },
};

export default {
  input: {
    main: join(ROOT, 'feed/src/main.ts'),
    tapedeck: join(ROOT, 'feed/src/tapedeck.ts'),
  },
  platform: 'node',
  // It loads a native binary from its own folder.
  external: ['better-sqlite3'],
  plugins: [urlsBeside],
  output: {
    dir: DIST,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
    sourcemap: true,
    cleanDir: true,
  },
};
