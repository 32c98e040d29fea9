import type { NewsAddressReport } from '@tapedeck/market/wire/news/news-body';

import { countText } from '../../format/rate-text.ts';
import { ageText } from '../../format/time-text.ts';

type Look = readonly [glyph: string, colour: string, word: string];

export const NEWS_LOOK: Readonly<Record<NewsAddressReport['state'], Look>> = {
  waiting: ['◔', 'text-delayed', 'not read yet'],
  ok: ['●', 'text-ok', 'read'],
  failing: ['■', 'text-bad', 'cannot be read'],
  gone: ['■', 'text-bad', 'gone for good'],
};

/** When it was read, and when it is read again. */
export function newsTimes(
  { lastReadAt, nextReadAt, state }: NewsAddressReport,
  now: number,
): string {
  const last = lastReadAt === null ? undefined : `${ageText(Math.max(0, now - lastReadAt))} ago`;
  const next =
    nextReadAt === null
      ? state === 'gone'
        ? 'not asked again'
        : 'asked now'
      : `next in ${ageText(Math.max(0, nextReadAt - now))}`;
  return [last, next].filter((part) => part !== undefined).join(', ');
}

const DROPPED = [
  ['duplicate', 'told already'],
  ['old', 'over a day old'],
  ['undated', 'without a date'],
  ['unusable', 'without text'],
  ['excess', 'too many'],
] as const;

/** What became of its items: those told, and each reason for which others were not. */
export function newsOutcome({ stories }: NewsAddressReport): string {
  const dropped = DROPPED.filter(([name]) => stories[name] > 0).map(
    ([name, words]) => `${countText(stories[name])} ${words}`,
  );
  return [`${countText(stories.told)} told`, ...dropped].join(' · ');
}
