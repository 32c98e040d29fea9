'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

import { timeText } from '../../format/time-text.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import { useAnswerAge } from '../../live/live.ts';
import { toastProblem, toastUndo } from '../../notices/toasts.ts';
import { useAskAgain } from '../../queries/ask-again.ts';
import { queryKeys } from '../../queries/query-keys.ts';
import { REPORT_OLD_MS } from '../../queries/status.ts';
import { addSource, removeSource, type SourceId, sourcesQuery } from '../../queries/venues.ts';
import { Loading } from '../../ui/loading.tsx';
import { Problem } from '../../ui/panel-message.tsx';
import { MarketSearch } from './market-search.tsx';
import { SourceTable } from './source-table.tsx';

/** What the feed shows: a search over what venues list, and the markets that are live. */
export function Sources() {
  const client = useQueryClient();
  const askAgain = useAskAgain();
  const { timeZone } = useSettings();
  const sources = useQuery(sourcesQuery());
  const ageMs = useAnswerAge(sources.dataUpdatedAt);
  const add = useMutation(addSource(client));
  const remove = useMutation(removeSource(client));
  // A feed that hangs causes no error: its last answer only grows old.
  const isOld = sources.isError || sources.failureCount > 0 || ageMs > REPORT_OLD_MS;
  const announced = sources.data?.map(({ symbol, state }) => `${symbol} ${state}`).join();
  useEffect(() => {
    // A market that gets its first book joins the watchlist.
    void client.invalidateQueries({ queryKey: queryKeys.instruments });
  }, [client, announced]);

  const put = (source: SourceId): void =>
    add.mutate(source, {
      onError: (error) => toastProblem(`${source.id} was not added`, error),
    });
  const take = (source: SourceId): void =>
    remove.mutate(source, {
      onSuccess: () =>
        toastUndo(`${source.id}@${source.venue} removed`, 'What was recorded of it stays', () =>
          put(source),
        ),
      onError: (error) => toastProblem(`${source.id} was not removed`, error),
    });

  return (
    <div className="grid content-start xl:grid-cols-[minmax(360px,440px)_minmax(0,1fr)]">
      <section
        aria-label="Add a market"
        className="border-b border-line p-3 xl:min-h-[calc(100vh-104px)] xl:border-r xl:border-b-0"
      >
        <h2 className="mb-2 text-table font-semibold text-soft">Add a market</h2>
        <MarketSearch
          live={sources.data ?? []}
          onAdd={put}
          adding={add.isPending ? add.variables : undefined}
        />
      </section>
      <section aria-label="Live markets" className="min-w-0">
        <header className="flex min-h-9 flex-wrap items-center gap-x-3 px-3 pt-2">
          <h2 className="text-table font-semibold text-soft">Live markets</h2>
          {isOld && sources.data !== undefined && (
            <span role="status" className="text-table text-delayed">
              No answer since {timeText(sources.dataUpdatedAt, timeZone)}; these states are old
            </span>
          )}
        </header>
        {sources.data !== undefined ? (
          <div className={isOld ? 'opacity-55' : undefined}>
            <SourceTable sources={sources.data} onRemove={take} />
          </div>
        ) : sources.isError ? (
          <Problem message={sources.error.message} onRetry={() => askAgain(sourcesQuery())} />
        ) : (
          <Loading what="the live markets" onRetry={() => askAgain(sourcesQuery())} />
        )}
      </section>
    </div>
  );
}
