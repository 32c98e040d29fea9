import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { refusedWrite } from './failure.mjs';
import { ROOT } from './node-runtime.mjs';

/*
 * A stamp is the hash of everything that a step reads, written when the step has succeeded: the step is skipped while
 * the hash stays the same. It covers contents and not file times, so that a checkout or a copy is not a change.
 */
const STAMPS = join(ROOT, '.stamp');
const LOCK_POLL_MS = 200;

const OUTSIDE_THE_SOURCES = new Set(['node_modules', '.next', 'dist', 'e2e', 'data']);
/** Tests, which no build reads, and files that builds write among the sources. */
const NOT_READ = /\.(test|spec)\.|\.tsbuildinfo$|^next-env\.d\.ts$/;

/**
 * The hash of files and folders, by path from the root. In folders, files that no build reads are left out.
 * @param {readonly string[]} paths
 * @param {string} extra what else the step depends on
 */
export function hashOf(paths, extra) {
  const hash = createHash('sha256').update(extra);
  for (const path of paths) {
    for (const file of filesUnder(join(ROOT, path)))
      hash.update(`\0${relative(ROOT, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** @param {string} path @returns {string[]} */
function filesUnder(path) {
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code;
    if (code === 'ENOTDIR') return [path];
    if (code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const child = join(path, entry.name);
      if (entry.isDirectory()) return OUTSIDE_THE_SOURCES.has(entry.name) ? [] : filesUnder(child);
      return entry.isFile() && !NOT_READ.test(entry.name) ? [child] : [];
    });
}

/** @param {string} name @param {string} hash */
export function isStamped(name, hash) {
  return readStamp(name) === hash;
}

/** @param {string} name @param {string} hash */
export function writeStamp(name, hash) {
  write(name, hash);
}

/**
 * Runs `task` while no other command of this project installs or builds. A lock whose process has ended is ignored.
 * @template T
 * @param {(line: string) => void} say
 * @param {() => Promise<T>} task
 */
export async function whileLocked(say, task) {
  for (let told = false; !takeLock(); told = true) {
    if (!told)
      say('tapedeck: waiting for another command of this project that installs or builds …');
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
  const release = () => rmSync(join(STAMPS, 'lock'), { force: true });
  process.once('exit', release);
  try {
    return await task();
  } finally {
    process.off('exit', release);
    release();
  }
}

function takeLock() {
  try {
    write('lock', String(process.pid), 'wx');
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
  }
  const holder = Number(readStamp('lock'));
  // An empty lock was created just now and is about to get the id of its holder.
  if (holder === 0 || isAlive(holder)) return false;
  rmSync(join(STAMPS, 'lock'), { force: true });
  return false;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/** @param {string} name */
export function readStamp(name) {
  try {
    return readFileSync(join(STAMPS, name), 'utf8');
  } catch {
    return ''; // No stamp: the step has not been done.
  }
}

/** @param {string} name @param {string} text @param {string} flag */
function write(name, text, flag = 'w') {
  const path = join(STAMPS, name);
  try {
    mkdirSync(STAMPS, { recursive: true });
    writeFileSync(path, text, { flag });
  } catch (error) {
    throw refusedWrite(error, path);
  }
}
