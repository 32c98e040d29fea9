import type { ImportBody, ImportedSessionBody } from '@tapedeck/market/wire/import';

import { bytesText, countText, rateText } from '../../format/rate-text.ts';

/** `a.gz`, `a.gz and b.gz`, `a.gz and 3 more`. */
export function namesText(names: readonly string[]): string {
  const [first = 'files', second, ...more] = names;
  if (second === undefined) return first;
  return more.length === 0 ? `${first} and ${second}` : `${first} and ${more.length + 1} more`;
}

/** Time left in units that do not flicker: `a moment`, `12 s`, `4 min`. */
export function leftText(seconds: number): string {
  if (seconds <= 1) return 'a moment';
  return seconds < 100 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** Progress of an upload, from what was sent since it began. */
export function uploadText(sent: number, total: number, elapsedMs: number): string {
  const perSecond = (sent / Math.max(1, elapsedMs)) * 1_000;
  const size = `${bytesText(sent)} of ${bytesText(total)}`;
  if (sent === 0) return size;
  if (sent >= total) return `${bytesText(total)}, sent`;
  const left = leftText(Math.ceil((total - sent) / perSecond));
  return `${size} · ${bytesText(perSecond)}/s · ${left} left`;
}

/** Progress of a running import. */
export function progressText(job: ImportBody): string {
  if (job.bytes === 0) return `${bytesText(job.totalBytes)}, inspecting`;
  const parts = [`${bytesText(job.bytes)} of ${bytesText(job.totalBytes)}`];
  if (job.eventsPerSecond > 0) parts.push(`${rateText(job.eventsPerSecond)} events/s`);
  if (job.etaSeconds !== undefined) parts.push(`${leftText(job.etaSeconds)} left`);
  return parts.join(' · ');
}

const KINDS: readonly (readonly [key: string, word: string])[] = [
  ['depth', 'book messages'],
  ['trade', 'trades'],
  ['bookTicker', 'tickers'],
  ['candle', 'candles'],
];

/** What a recording contains: `6,470 book messages, 14,515 trades`. */
export function contentText({ messages }: ImportedSessionBody): string {
  const parts = KINDS.flatMap(([key, word]) => {
    const count = messages[key] ?? 0;
    return count === 0 ? [] : [`${countText(count)} ${word}`];
  });
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}

/** What was skipped or noted: `12 time-backwards, 1 cut-file`; empty if nothing was. */
export function problemsText({ problemCounts }: ImportedSessionBody): string {
  return Object.entries(problemCounts)
    .map(([kind, count]) => `${countText(count)} ${kind}`)
    .join(', ');
}

/** Why files were not imported; the page has already named them. */
export function errorText(message: string, names: readonly string[]): string {
  const named = names.find((name) => message.startsWith(name)) ?? '';
  const rest = message.slice(named.length).replace(/^: /, '').trimStart();
  // In front of a line number, the name is part of the place.
  const text = named === '' || /^:\d/.test(message.slice(named.length)) ? message : rest;
  return text
    .replaceAll(/ with --symbol(?= \S)/g, ' below:')
    .replaceAll(' with --symbol', ' below')
    .replaceAll(' (refused by --strict)', '');
}

/** Whether a retry with a symbol may help. */
export function wantsSymbol(message: string): boolean {
  return message.includes('--symbol');
}
