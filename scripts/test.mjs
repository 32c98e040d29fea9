import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';

import { stopAll } from './child-group.mjs';
import { provideChromium } from './chromium.mjs';
import { Failure, runCommand } from './failure.mjs';
import { ROOT, childEnvironment, requireNode } from './node-runtime.mjs';
import { createProgress, seconds } from './progress.mjs';
import { build, install } from './setup.mjs';
import { untilToldToStop } from './stop-signal.mjs';
import {
  closingLine,
  countsOfPlaywright,
  countsOfVitest,
  failedLines,
  failedOfPlaywright,
  failedOfVitest,
  settle,
  sum,
} from './test-results.mjs';

/** @typedef {import('./test-results.mjs').Counts} Counts */
/** @typedef {{ name: string, what: string, run: () => Promise<Counts> }} Step */

const PROJECTS = ['market', 'db', 'net', 'feed', 'web', 'scripts'];
const COMPILED = join(ROOT, 'node_modules/.cache/compiled');
/** The same as in `feed/src/upload/import-process.ts`. */
const IMPORT_NICENESS = 10;
const progress = createProgress();
const reports = mkdtempSync(join(tmpdir(), 'tapedeck-test-'));
/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
/** Failed tests, listed again at the end. @type {import('./test-results.mjs').FailedTest[]} */
const failed = [];

/** @type {Step[]} */
const STEPS = [
  { name: 'format', what: 'format check', run: () => check('oxfmt', ['--check']) },
  { name: 'lint', what: 'lint', run: () => check('oxlint', ['--type-aware']) },
  { name: 'unused', what: 'unused code', run: () => check('knip', ['--no-progress']) },
  { name: 'types', what: 'types', run: checkTypes },
  { name: 'unit', what: 'unit and integration tests', run: () => runVitest(['node', 'timed']) },
  { name: 'build', what: 'build', run: runBuild },
  { name: 'browser', what: 'browser tests', run: runInBrowser },
];

async function main() {
  const wanted = process.argv.slice(2);
  const names = STEPS.map(({ name }) => name);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Failure(
      `there is no step "${unknown}"; usage: npm test [-- ${names.join(' | ')} ...]`,
    );
  requireNode();
  await install(progress);

  /** @type {{ step: Step, counts: Counts, took: number }[]} */
  const results = [];
  for (const step of STEPS) {
    if (wanted.length > 0 && !wanted.includes(step.name)) continue;
    progress.say(`\n=== ${step.what}`);
    const start = performance.now();
    results.push({ step, counts: await step.run(), took: performance.now() - start });
  }

  progress.say('');
  for (const test of failed)
    for (const line of failedLines({ ...test, file: relative(ROOT, resolve(ROOT, test.file)) }))
      progress.say(line);
  for (const { step, counts, took } of results)
    progress.say(`${step.what.padEnd(28)}${closingLine(counts).padEnd(44)}${seconds(took)}`);
  const total = sum(results.map(({ counts }) => counts));
  progress.say(closingLine(total));
  return total.failed === 0 ? 0 : 1;
}

/**
 * Runs an installed tool, named or by its path, in the foreground.
 * @param {string} tool
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number | null>} its exit status
 */
function runTool(tool, args, env = {}) {
  return new Promise((settled) => {
    // Settings of the caller's shell must not affect tests, except the folder of further fixtures.
    const own = Object.entries(childEnvironment(env)).filter(
      ([name]) =>
        (!name.startsWith('TAPEDECK_') || name === 'TAPEDECK_FIXTURES') && name !== 'NO_COLOR',
    );
    const child = spawn(resolve(ROOT, 'node_modules/.bin', tool), args, {
      cwd: ROOT,
      // Tests start a hundred processes from the sources, which share compiled code.
      env: { ...Object.fromEntries(own), NODE_COMPILE_CACHE: COMPILED },
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    running.add(child);
    // The priority of import processes: with tests at a higher one, imports got no CPU time, and their tests timed
    // out.
    if (child.pid !== undefined) setPriority(child.pid, IMPORT_NICENESS);
    const end = (/** @type {number | null} */ code) => {
      running.delete(child);
      settled(code);
    };
    child.once('error', (error) => {
      console.error(`${tool}: ${error.message}`);
      end(1);
    });
    child.once('exit', end);
  });
}

/** A static check counts as one test. @param {string} tool @param {readonly string[]} args */
async function check(tool, args) {
  const code = await runTool(tool, args);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

async function checkTypes() {
  // The web's TypeScript project includes the route types that Next.js generates: update them for this tree.
  const web = join(ROOT, 'web');
  await runTool(join(web, 'node_modules/.bin/next'), ['typegen', web]);
  return sum(await Promise.all(PROJECTS.map((project) => check('tsc', ['-p', project]))));
}

/** @param {readonly string[]} projects of `vitest.config.ts` @param {NodeJS.ProcessEnv} [env] */
async function runVitest(projects, env) {
  const report = join(reports, `vitest-${projects.join('-')}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const named = projects.flatMap((name) => ['--project', name]);
  const code = await runTool('vitest', ['run', ...named, ...reporters], env);
  failed.push(...(readReport(report, failedOfVitest) ?? []));
  return settle(readReport(report, countsOfVitest), code);
}

async function runBuild() {
  try {
    await build(progress);
    return { passed: 1, failed: 0, skipped: 0 };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error([...error.output, error.message].join('\n'));
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** Components first, then whole pages. */
async function runInBrowser() {
  const chromium = await provideChromium(progress);
  if ('missing' in chromium) {
    progress.say(`SKIPPED all browser tests: ${chromium.missing}`);
    const report = join(reports, 'playwright.json');
    const env = { PLAYWRIGHT_JSON_OUTPUT_FILE: report };
    const code = await runTool('playwright', ['test', '--list', '--reporter=json'], env);
    const listed = readReport(report, countSpecs) ?? 0;
    // The number of tests in a component file is known only in a browser, so each file counts as one.
    const files = readdirSync(join(ROOT, 'web/panels'), {
      recursive: true,
      encoding: 'utf8',
    }).filter((file) => file.endsWith('.browser.test.tsx'));
    return settle({ passed: 0, failed: 0, skipped: listed + files.length }, code);
  }
  const counts = [await runVitest(['components'], { CHROMIUM_PATH: chromium.path })];
  const built = await runBuild();
  if (built.failed > 0) return sum([...counts, { passed: 0, failed: 1, skipped: 0 }]);
  const report = join(reports, 'playwright.json');
  const env = { PLAYWRIGHT_JSON_OUTPUT_FILE: report, CHROMIUM_PATH: chromium.path };
  const code = await runTool('playwright', ['test', '--reporter=line,json'], env);
  // Playwright gives paths relative to the folder of browser tests.
  for (const test of readReport(report, failedOfPlaywright) ?? [])
    failed.push({ ...test, file: join('web/e2e', test.file) });
  return sum([...counts, settle(readReport(report, countsOfPlaywright), code)]);
}

/**
 * @template T
 * @param {string} path
 * @param {(report: any) => T} read
 * @returns {T | undefined} undefined if the tool ended before it wrote the report
 */
function readReport(path, read) {
  try {
    return read(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined; // settle() counts this as a failure.
  }
}

/** @typedef {{ specs?: unknown[], suites?: Suite[] }} Suite */
/** @param {Suite} suite @returns {number} */
function countSpecs({ specs = [], suites = [] }) {
  return suites.reduce((count, suite) => count + countSpecs(suite), specs.length);
}

function stopRunning() {
  for (const { pid } of running) if (pid !== undefined) process.kill(-pid, 'SIGTERM');
}

process.on('exit', () => {
  stopRunning();
  rmSync(reports, { recursive: true, force: true });
});
void untilToldToStop().then(async (reason) => {
  progress.say(`tapedeck: ${reason}, stopping the tests …`);
  stopRunning();
  await stopAll();
  process.exit(1);
});
await runCommand(main);
process.exit();
