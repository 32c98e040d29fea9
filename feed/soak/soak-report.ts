import type { EventReaders } from './event-readers.ts';
import type { MemorySlope } from './memory-slope.ts';
import type { SoakClient } from './soak-clients.ts';
import type { SoakComparison } from './soak-comparison.ts';
import type { SoakFeed } from './soak-feed.ts';
import type { SoakTrouble } from './soak-trouble.ts';

const MAX_SLOPE_MB = 1;
/** Fewer comparisons per minute than this prove little. */
const MIN_COMPARED = 500;
/** A shorter run need not have seen an audit. */
const AUDITED_MINUTES = 2;
const TOLD_ERRORS = 10;

/** What a soak saw, and what of it was wrong. */
export type SoakReport = {
  readonly lines: readonly string[];
  readonly problems: readonly string[];
};

export type SoakRun = {
  readonly minutes: number;
  readonly feed: SoakFeed;
  /** The feed's metrics at the end; empty if the feed is gone. */
  readonly metrics: ReadonlyMap<string, number>;
  readonly clients: readonly SoakClient[];
  readonly comparison: SoakComparison;
  readonly trouble: SoakTrouble;
  readonly readers: EventReaders;
  readonly memory: MemorySlope;
  /** Of the second half, MB per minute. */
  readonly slopeMb: number;
};

export function soakReport(run: SoakRun): SoakReport {
  const { feed, comparison, trouble, readers, memory, slopeMb } = run;
  const sum = (name: string): number =>
    [...run.metrics].reduce(
      (total, [series, value]) =>
        series === name || series.startsWith(`${name}{`) ? total + value : total,
      0,
    );
  const overClients = (count: (client: SoakClient) => number): number =>
    run.clients.reduce((total, client) => total + count(client), 0);
  const trades = overClients(({ link }) => link.trades);
  const lost = overClients(({ link }) => link.lostTrades);
  const resyncs = overClients(({ link }) => link.link.resyncs);
  const reconnects = overClients(({ link }) => Math.max(0, link.attempts.length - 1));
  const { compared, served, unknown } = comparison;
  const { venueFaults, cuts, pauses, scenarios } = trouble;
  const lines = [
    `books compared     ${compared} (${served} of them from GET /v1/book, ${unknown} without a reference)`,
    `trades             ${trades} came, ${lost} said to be lost`,
    `faults             ${sum('chaos_faults_total')} injected, ${venueFaults} of them in what a source delivers`,
    `clients            ${resyncs} resyncs, ${reconnects} reconnects, ${cuts} cuts, ${pauses} pauses`,
    `feed               ${sum('gaps_total')} gaps, ${sum('slowed_total')} slowed, ${sum('slow_closed_total')} closed as too slow`,
    `scenarios          ${scenarios} changes`,
    `audits             ${sum('audits_total')}, ${sum('audit_mismatches_total')} mismatches`,
    `events             ${readers.bytes} bytes of server-sent events`,
    `memory alive       ${slopeMb.toFixed(2)} MB a minute in the last half: ${memory.megabytes.join(' ')}; ${(sum('memory_bytes') / 1e6).toFixed(0)} MB resident`,
    `log                ${feed.errors.length} errors`,
  ];
  return { lines, problems: problemsOf(run, sum) };
}

function problemsOf(
  { minutes, feed, comparison, slopeMb }: SoakRun,
  sum: (name: string) => number,
): readonly string[] {
  const problems = [...new Set(comparison.wrong)];
  if (feed.exit !== undefined && feed.exit !== 0) problems.push(`the feed ended: ${feed.exit}`);
  const mismatches = sum('audit_mismatches_total');
  if (mismatches > 0) problems.push(`${mismatches} audit mismatches`);
  if (sum('audits_total') === 0 && minutes >= AUDITED_MINUTES)
    problems.push('the feed audited nothing');
  if (slopeMb > MAX_SLOPE_MB)
    problems.push(`the memory grows by ${slopeMb.toFixed(2)} MB a minute`);
  if (comparison.compared < minutes * MIN_COMPARED)
    problems.push(`only ${comparison.compared} books were compared`);
  problems.push(...feed.errors.slice(0, TOLD_ERRORS).map((line) => `log: ${line}`));
  return problems;
}
