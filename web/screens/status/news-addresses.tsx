'use client';
import { useQuery } from '@tanstack/react-query';
import clsx from 'clsx';

import type { NewsAddressReport } from '@tapedeck/market/wire/news/news-body';

import { useAnswerAge } from '../../live/live.ts';
import { newsStatusQuery } from '../../queries/news.ts';
import { REPORT_OLD_MS } from '../../queries/status.ts';
import { NEWS_LOOK, newsOutcome, newsTimes } from './news-words.ts';

/** The addresses from which the feed reads news, one line each. Nothing if there are none. */
export function NewsAddresses() {
  const { data, dataUpdatedAt, isError, failureCount } = useQuery(newsStatusQuery());
  const ageMs = useAnswerAge(dataUpdatedAt);
  if (data === undefined || data.addresses.length === 0) return null;
  const isOld = isError || failureCount > 0 || ageMs > 2 * REPORT_OLD_MS;
  return (
    <section
      aria-label="News"
      className={clsx('border-t border-line px-3 py-2', isOld && 'opacity-55')}
      data-testid="news-addresses"
    >
      <h2 className="mb-1.5 text-table font-semibold text-soft">News</h2>
      <ul>
        {data.addresses.map((each) => (
          <Address key={each.address + each.name} report={each} now={data.now} />
        ))}
      </ul>
      {data.missing.length > 0 && (
        <p className="text-table text-delayed">
          TAPEDECK_NEWS_WORDS names {data.missing.join(', ')}: no market of this feed now
        </p>
      )}
    </section>
  );
}

function Address({ report, now }: { readonly report: NewsAddressReport; readonly now: number }) {
  const { address, name, state, problem, movedTo } = report;
  const [glyph, colour, word] = NEWS_LOOK[state];
  return (
    <li data-testid="news-address" data-state={state} className="mb-1 text-table">
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span aria-hidden className={clsx('w-2.5 text-[9px]', colour)}>
          {glyph}
        </span>
        {name !== '' && <bdi className="text-soft">{name}</bdi>}
        <span className="min-w-0 text-faint [overflow-wrap:anywhere]">{address}</span>
        <span className={state === 'ok' ? 'text-faint' : colour}>{word}</span>
        <span className="num text-soft">{newsTimes(report, now)}</span>
        <span className="num text-micro text-faint md:ml-auto">{newsOutcome(report)}</span>
      </p>
      {problem !== undefined && (
        <p className="ml-1 border-l-2 border-bad pl-2 break-words">{problem}</p>
      )}
      {movedTo !== undefined && (
        <p className="ml-1 border-l-2 border-line pl-2 text-soft [overflow-wrap:anywhere]">
          moved for good to {movedTo}: change it in TAPEDECK_NEWS
        </p>
      )}
    </li>
  );
}
