import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, expect, test } from 'vitest';

import { ChildGroup, runToEnd } from './child-group.mjs';
import { ROOT } from './node-runtime.mjs';

const folder = mkdtempSync(join(tmpdir(), 'tapedeck-child-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A server that starts a process of its own, prints both ids, and keeps running. */
const SERVER = `
  const child = require('node:child_process').spawn('sleep', ['60'], { stdio: 'ignore' });
  console.log(JSON.stringify([process.pid, child.pid]));
  setInterval(() => {}, 1000);
`;
/** The same, ignoring SIGTERM. */
const DEAF = `process.on('SIGTERM', () => {}); ${SERVER}`;

/** @param {string} source @param {string[]} [flags] */
function start(source, flags = []) {
  /** @type {(pids: number[]) => void} */
  let tell = () => {};
  const pids = /** @type {Promise<number[]>} */ (new Promise((resolve) => (tell = resolve)));
  const group = new ChildGroup({
    name: 'stand-in',
    command: process.execPath,
    arguments: [...flags, '-e', source],
    logFile: join(folder, 'stand-in.log'),
    env: process.env,
    onLine: (line) => tell(JSON.parse(line)),
  });
  return { group, pids };
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** @param {readonly number[]} pids */
const untilGone = (pids) =>
  expect.poll(() => pids.filter(isRunning), { timeout: 15_000, interval: 50 }).toEqual([]);

test('stopping a server also stops the process that it started', async () => {
  const { group, pids } = start(SERVER);
  const started = await pids;
  await group.stop();
  await untilGone(started);
});

test('a server that does not end when asked is killed', async () => {
  const { group, pids } = start(DEAF);
  const started = await pids;
  await group.stop(100);
  await untilGone(started);
});

test('a server whose starter is killed ends itself', async () => {
  const child = [
    `import { ChildGroup } from ${JSON.stringify(pathToFileURL(join(ROOT, 'scripts/child-group.mjs')).href)};`,
    `new ChildGroup({ name: 'server', command: process.execPath, env: process.env,`,
    `  arguments: ['--import', ${JSON.stringify(join(ROOT, 'scripts/exit-with-parent.mjs'))}, '-e', 'console.log(process.pid); setInterval(() => {}, 1000)'],`,
    `  logFile: ${JSON.stringify(join(folder, 'server.log'))}, onLine: (line) => console.log(line) });`,
  ].join('\n');
  const starter = spawn(process.execPath, ['--input-type=module', '-e', child]);
  const line = await new Promise((resolve) => starter.stdout.once('data', resolve));
  const server = Number(String(line));
  expect(isRunning(server)).toBe(true);
  starter.kill('SIGKILL');
  await untilGone([server]);
});

test('the error of a failed command has its last lines, and names a full disk', async () => {
  /** @param {string} source */
  const run = (source) =>
    runToEnd({
      name: 'the step',
      command: process.execPath,
      arguments: ['-e', source],
      logFile: join(folder, 'step.log'),
      env: process.env,
    });
  await run('0');
  await expect(run('console.log("why"); process.exit(3)')).rejects.toMatchObject({
    message: expect.stringMatching(/^the step failed \(exit status 3\)/),
    output: ['why'],
  });
  await expect(run('console.error("write: ENOSPC"); process.exit(1)')).rejects.toMatchObject({
    message: 'the step failed: the disk is full',
  });
});
