import type { NewsStatus } from '@tapedeck/market/wire/news/news-body';

import type { MetricShelf } from './metric-shelf.ts';

export type NewsSources = { readonly news: () => NewsStatus };

/** Addresses of news, as in `/v1/news/status`. */
export function newsMetrics(shelf: MetricShelf, { news }: NewsSources): void {
  const labels = ['address', 'outcome'];
  const countOf = (
    name: string,
    help: string,
    of: (each: NewsStatus['addresses'][number]) => Readonly<Record<string, number>>,
  ): void =>
    shelf.countOf(name, help, labels, () =>
      news().addresses.flatMap((each) =>
        Object.entries(of(each)).map(
          ([outcome, count]) => [[each.address, outcome], count] as const,
        ),
      ),
    );
  countOf('news_requests_total', 'Requests for news', ({ requests }) => requests);
  countOf('news_stories_total', 'Items of news, and what became of them', ({ stories }) => stories);
  shelf.gaugeOf(
    'news_failing',
    '1 for an address whose news cannot be read, or is gone',
    'address',
    () =>
      news().addresses.map(({ address, state }) => [
        address,
        state === 'failing' || state === 'gone' ? 1 : 0,
      ]),
  );
}
