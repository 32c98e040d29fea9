import { createProgress } from './progress.mjs';
import { build } from './setup.mjs';

/**
 * Vitest runs this before its tests, and again before each rerun.
 * @param {import('vitest/node').TestProject} project
 */
export async function setup(project) {
  const buildFeed = () => build(createProgress({ stream: process.stderr }), ['feed']);
  await buildFeed();
  project.onTestsRerun(buildFeed);
}
