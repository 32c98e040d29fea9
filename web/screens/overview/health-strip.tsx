'use client';
import { useQuery } from '@tanstack/react-query';
import clsx from 'clsx';
import Link from 'next/link';
import type { ReactNode } from 'react';

import { countText, millisecondsText, rateText } from '../../format/rate-text.ts';
import { timeText } from '../../format/time-text.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import { useAnswerAge, useLinkState } from '../../live/live.ts';
import { REPORT_OLD_MS, statusQuery } from '../../queries/status.ts';

/** The feed's health in one line; a click opens the full report. */
export function HealthStrip() {
  const { data, isError, failureCount, dataUpdatedAt } = useQuery(statusQuery());
  const link = useLinkState();
  const ageMs = useAnswerAge(dataUpdatedAt);
  const { timeZone } = useSettings();
  // An unconfirmed report must not go on saying that all books are ok. A feed that hangs causes no error, only age.
  const old =
    failureCount > 0 ||
    isError ||
    ageMs > REPORT_OLD_MS ||
    link.state === 'waiting' ||
    link.state === 'closed';
  const bad = data?.symbols.filter((one) => one.state !== 'ok') ?? [];
  const deltas = data?.symbols.reduce((sum, one) => sum + one.deltasPerSecond, 0);
  const trades = data?.symbols.reduce((sum, one) => sum + one.tradesPerSecond, 0);
  return (
    <Link
      href="/status"
      data-testid="health-strip"
      data-old={old}
      className="flex h-8 shrink-0 items-center gap-5 overflow-hidden border-b border-line bg-surface px-3 text-table whitespace-nowrap text-faint hover:bg-raised"
    >
      {data === undefined ? (
        <span>{isError ? 'The feed’s report cannot be read' : 'Reading the feed’s report…'}</span>
      ) : (
        <span className={clsx('flex min-w-0 flex-1 items-center gap-5', old && 'opacity-55')}>
          {old && <span>Last report {timeText(data.now, timeZone)}</span>}
          <Fact label="Books" warn={bad.length > 0}>
            {countText(data.symbols.length - bad.length)}/{countText(data.symbols.length)} ok
          </Fact>
          <Fact label="Changes">{rateText(deltas)}/s</Fact>
          <Fact label="Trades">{rateText(trades)}/s</Fact>
          <Fact label="Lag p95">{millisecondsText(data.lagMs?.p95)}</Fact>
          <Fact
            label="Recorder"
            warn={
              data.recorder.state === 'behind' ||
              data.recorder.state === 'failed' ||
              data.history.state !== 'ok'
            }
          >
            {data.history.state === 'ok'
              ? data.recorder.state
              : `${data.recorder.state}, history ${data.history.state}`}
          </Fact>
          <Fact label="Connections">
            {countText(data.connections.websocket)} ws · {countText(data.connections.sse)} sse
          </Fact>
          <span className="ml-auto hidden lg:inline">
            {data.source}
            {data.scenario === undefined ? '' : `, ${data.scenario}`}
          </span>
        </span>
      )}
    </Link>
  );
}

function Fact(props: {
  readonly label: string;
  readonly warn?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <span>
      {props.label}{' '}
      <span className={props.warn === true ? 'num text-delayed' : 'num text-text'}>
        {props.children}
      </span>
    </span>
  );
}
