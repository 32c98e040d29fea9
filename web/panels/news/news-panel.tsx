'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { memo, type ReactNode } from 'react';

import type { EpochMs } from '@tapedeck/market/number/level';
import type { MeasuredHeadline } from '@tapedeck/market/wire/http';

import { dateText, timeText } from '../../format/time-text.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import { useDeck, useMode, useNow, useReplay } from '../../live/live.ts';
import { useAskAgain } from '../../queries/ask-again.ts';
import { newsQuery } from '../../queries/news.ts';
import { Loading } from '../../ui/loading.tsx';
import { PanelMessage, Problem } from '../../ui/panel-message.tsx';
import { Panel } from '../../ui/panel.tsx';
import { symbolPath } from '../../ui/symbol-text.tsx';

const SHOWN = 200;
/** How often the current day is checked. */
const DAY_HZ = 0.1;
/** Market-wide headlines name every symbol: the first few are enough in a list. */
const SYMBOLS = 3;

/** Headlines of some symbols, or of all; in a replay those up to its clock. */
export function NewsPanel({ symbols }: { readonly symbols?: readonly string[] | undefined }) {
  return (
    <Panel title="News" testId="news">
      <NewsList symbols={symbols} />
    </Panel>
  );
}

export type Beside = {
  readonly head: ReactNode;
  readonly of: (headline: MeasuredHeadline) => ReactNode;
};

export function NewsList(props: {
  readonly symbols?: readonly string[] | undefined;
  readonly search?: string | undefined;
  /** Rendered beside each headline and above the list; passed in, so that pages without it do not load its code. */
  readonly beside?: Beside | undefined;
}) {
  const { replayId } = useDeck();
  const { view } = useReplay();
  const now = useNow(DAY_HZ);
  const query = newsQuery({
    ...(props.symbols !== undefined && { symbols: props.symbols }),
    ...(replayId !== undefined && { replay: replayId }),
    ...(props.beside !== undefined && { measured: true }),
  });
  const news = useQuery(query);
  const askAgain = useAskAgain();
  // Headlines have their own times: those already loaded stay while nothing answers.
  if (news.isError && news.data === undefined)
    return <Problem message={news.error.message} onRetry={() => askAgain(query)} />;
  if (news.data === undefined) return <Loading what="headlines" onRetry={() => askAgain(query)} />;
  const wanted = props.search?.trim().toLowerCase() ?? '';
  // A replay must not know the future: headlines after its clock are not shown.
  const clock = replayId === undefined ? Infinity : (view?.clock ?? 0);
  const shown = news.data.headlines
    .filter((headline) => headline.time <= clock && matches(headline, wanted))
    .slice(0, SHOWN);
  if (shown.length === 0)
    return (
      <PanelMessage title={wanted === '' ? 'No headlines yet' : 'No headline matches'}>
        {wanted === '' ? 'New ones appear here.' : 'Try another word or symbol.'}
      </PanelMessage>
    );
  return (
    <ol className="min-h-0 flex-1 overflow-y-auto">
      {props.beside?.head}
      {shown.map((headline, index) => (
        <Row
          key={headline.id}
          headline={headline}
          after={shown[index - 1]}
          now={now}
          beside={props.beside}
        />
      ))}
    </ol>
  );
}

function matches(headline: MeasuredHeadline, wanted: string): boolean {
  if (wanted === '') return true;
  return `${headline.title} ${headline.source} ${headline.symbols.join(' ')}`
    .toLowerCase()
    .includes(wanted);
}

/** A replay's clock changes many times between two headlines. */
const Row = memo(function Row(props: {
  readonly headline: MeasuredHeadline;
  readonly after: MeasuredHeadline | undefined;
  readonly now: EpochMs;
  readonly beside: Beside | undefined;
}) {
  const { headline, after } = props;
  const { timeZone } = useSettings();
  const mode = useMode();
  const day = dateText(headline.time, timeZone);
  // Yesterday's newest headline must not pass for one of today.
  const newDay = dateText(after?.time ?? props.now, timeZone) !== day;
  return (
    <>
      {newDay && <li className="label border-b border-line/50 bg-bg px-2 py-0.5">{day}</li>}
      <li className="flex gap-x-2.5 gap-y-0.5 border-b max-md:flex-wrap border-line/50 px-2 py-1.5 hover:bg-raised/60">
        <time
          dateTime={new Date(headline.time).toISOString()}
          className="num shrink-0 text-micro leading-[18px] text-faint"
        >
          {timeText(headline.time, timeZone)}
        </time>
        <div className="min-w-0 flex-1">
          <p dir="auto" className="text-body text-text [overflow-wrap:anywhere]">
            <Title headline={headline} />
          </p>
          <p className="label flex flex-wrap gap-x-2">
            <bdi className="max-w-full truncate">{headline.source}</bdi>
            {headline.symbols.slice(0, SYMBOLS).map((symbol) =>
              mode === 'replay' ? (
                <span key={symbol} className="text-soft">
                  {symbol}
                </span>
              ) : (
                <Link
                  key={symbol}
                  href={symbolPath(symbol)}
                  // Two hundred headlines name several symbols each: every link would be watched for coming into
                  // view.
                  prefetch={false}
                  className="text-soft hover:text-text hover:underline"
                >
                  {symbol}
                </Link>
              ),
            )}
            {headline.symbols.length > SYMBOLS && (
              <span title={headline.symbols.join(', ')}>+{headline.symbols.length - SYMBOLS}</span>
            )}
          </p>
        </div>
        {props.beside?.of(headline)}
      </li>
    </>
  );
});

/** Leads to the story, where it is known: in a tab of its own, because a live page stays open. */
function Title({ headline: { title, link } }: { readonly headline: MeasuredHeadline }) {
  if (link === undefined) return title;
  return (
    <a
      href={link}
      target="_blank"
      rel="noopener noreferrer"
      title={`${title} (opens in a new tab)`}
      className="hover:underline focus-visible:underline"
    >
      {title}
      <span aria-hidden className="text-faint">
        {' \u2197'}
      </span>
    </a>
  );
}
