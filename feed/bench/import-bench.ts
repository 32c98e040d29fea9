/*
 * `pnpm bench import [FILE...]`: CPU seconds of an import compared with a plain reader in Python, and its peak memory
 * for the file and for one ten times as long. Without files: the USD-M night of the fixtures, or the excerpt.
 */
import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGunzip, createGzip } from 'node:zlib';

import { openHistory } from '@tapedeck/db/history';
import { ManualClock } from '@tapedeck/market/time/clock';

import { summarise, tableOf } from '../../market/bench/measure.ts';
import { importRecordings } from '../src/import/session/recording-import.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FIXTURES = process.env['TAPEDECK_FIXTURES'] ?? join(ROOT, '../shared/data');
const NIGHT = join(FIXTURES, 'binance_20240808/usdm/btcusdt_20240808.gz');
const EXCERPT = join(ROOT, 'feed/fixtures/binance-20240808/usdm-ethusdt.gz');
const READER = join(ROOT, 'db/bench/plain-reader.py');
const RUNS = 5;
const TIMES = 10;
/** Each repetition has ids and times this much later: a night of Binance has fewer. */
const ID_STEP = 100_000_000_000n;
const SECONDS_STEP = 3_600n;

async function importOnce(file: string): Promise<{ readonly total: number; readonly own: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-import-bench-'));
  const history = openHistory(join(folder, 'history.db'));
  globalThis.gc?.();
  const seconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e6;
  const [all, own] = [process.cpuUsage(), process.threadCpuUsage()];
  await importRecordings({ history, clock: new ManualClock(), files: [file] });
  const used = {
    total: seconds(process.cpuUsage(all)),
    own: seconds(process.threadCpuUsage(own)),
  };
  history.close();
  rmSync(folder, { recursive: true });
  return used;
}

/** In a process of its own: peak resident set in MB, above that of a process that has imported nothing yet. */
function peakOf(file: string): number {
  const [self = ''] = process.argv.slice(1);
  const flags = [...process.execArgv, self, '--peak', file];
  return Number(execFileSync(process.execPath, flags, { encoding: 'utf8' }));
}

async function printPeak(file: string): Promise<void> {
  await importOnce(file);
  process.stdout.write(String(process.resourceUsage().maxRSS / 1_024));
}

/** The recording ten times, with later ids and times each time: a long one with a hole of an hour at each seam. */
async function repeat(file: string, target: string): Promise<void> {
  const zip = createGzip({ level: 1 });
  const out = zip.pipe(createWriteStream(target));
  for (let round = 0n; round < BigInt(TIMES); round++) {
    const lines = createInterface({ input: createReadStream(file).pipe(createGunzip()) });
    for await (const line of lines) {
      if (!zip.write(`${shifted(line, round)}\n`))
        await new Promise((done) => zip.once('drain', done));
    }
  }
  zip.end();
  await finished(out);
}

function shifted(line: string, round: bigint): string {
  const later = (digits: string, step: bigint): string => String(BigInt(digits) + step * round);
  return line
    .replace(/^\d+/, (ns) => later(ns, SECONDS_STEP * 1_000_000_000n))
    .replaceAll(
      /"([ET])":(\d+)/g,
      (_, key: string, ms: string) => `"${key}":${later(ms, SECONDS_STEP * 1_000n)}`,
    )
    .replaceAll(
      /"(lastUpdateId|U|u|pu|t)":(\d+)/g,
      (_, key: string, id: string) => `"${key}":${later(id, ID_STEP)}`,
    );
}

function plainReader(file: string): string {
  try {
    return execFileSync('python3', [READER, file], { encoding: 'utf8' }).trim();
  } catch {
    return 'no python3';
  }
}

async function measureFile(file: string): Promise<readonly string[]> {
  const runs: { readonly total: number; readonly own: number }[] = [];
  const before = plainReader(file);
  for (let run = 0; run < RUNS; run++) runs.push(await importOnce(file));
  const after = plainReader(file);
  const total = summarise(runs.map((run) => run.total));
  const own = summarise(runs.map((run) => run.own));
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-import-long-'));
  const long = join(folder, basename(file));
  await repeat(file, long);
  const [small, large] = [peakOf(file), peakOf(long)];
  rmSync(folder, { recursive: true });
  return [
    basename(file),
    `${total.median.toFixed(2)} (${own.median.toFixed(2)})`,
    `${before}, ${after}`,
    small.toFixed(0),
    large.toFixed(0),
  ];
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { peak: { type: 'string' } },
  });
  if (values.peak !== undefined) {
    await printPeak(values.peak);
    return;
  }
  const files = positionals.length > 0 ? positionals : [existsSync(NIGHT) ? NIGHT : EXCERPT];
  const rows: (readonly string[])[] = [];
  for (const file of files) rows.push(await measureFile(file));
  const head = [
    'recording',
    'import, s of CPU (its own thread)',
    'plain reader, s before and after',
    'peak MB',
    `peak MB, ${TIMES} times as long`,
  ];
  process.stdout.write(`${tableOf(head, rows)}\n`);
}

await main();
