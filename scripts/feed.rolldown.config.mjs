import { dirname, join } from 'node:path';

/** A worker is started by the URL of its own file: `new URL('./recorder-worker.ts', import.meta.url)`. */
const WORKER_URL = /new URL\(\s*'(\.[^']*\/([a-z-]+)\.ts)',\s*import\.meta\.url,?\s*\)/g;

/** Bundles each worker that a source starts as a file beside the bundle, and points the URL at it. */
const workers = {
  name: 'workers',
  /**
   * @this {import('rolldown').PluginContext}
   * @param {string} code
   * @param {string} id
   */
  transform(code, id) {
    if (!code.includes('import.meta.url')) return null;
    return code.replace(WORKER_URL, (_, path, name) => {
      this.emitFile({ type: 'chunk', id: join(dirname(id), path), fileName: `${name}.mjs` });
      return `new URL('./${name}.mjs', import.meta.url)`;
    });
  },
};

export default {
  input: { main: 'feed/src/main.ts', tapedeck: 'feed/src/tapedeck.ts' },
  platform: 'node',
  // It loads a native binary from beside its own file.
  external: ['better-sqlite3'],
  plugins: [workers],
  /** @param {string} level @param {{ message: string }} log */
  onLog(level, log) {
    if (level === 'warn') console.warn(log.message);
  },
  output: {
    dir: 'feed/dist',
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
    sourcemap: true,
    cleanDir: true,
  },
};
