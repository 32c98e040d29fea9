/**
 * Seconds of CPU of this thread in each of `runs` runs of `work`, after a warm-up run. CPU and not wall time, because
 * the machine may be shared, and other processes must not affect the result.
 */
export function measure(runs: number, work: () => void): readonly number[] {
  work();
  return Array.from({ length: runs }, () => {
    globalThis.gc?.();
    const start = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(start);
    return (user + system) / 1e6;
  });
}

/** Median, and spread of the runs: (max - min) / median. */
export function summarise(values: readonly number[]): {
  readonly median: number;
  readonly spread: number;
} {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const range = (sorted.at(-1) ?? 0) - (sorted[0] ?? 0);
  return { median, spread: median === 0 ? 0 : range / median };
}

/** Rows as a Markdown table, as in docs/benchmarks.md. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** `1.23M`, `456k`. */
export function rateText(perSecond: number): string {
  return perSecond >= 1e6
    ? `${(perSecond / 1e6).toFixed(2)}M`
    : `${(perSecond / 1e3).toFixed(perSecond >= 1e5 ? 0 : 1)}k`;
}
