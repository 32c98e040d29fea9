'use client';
import { useQuery } from '@tanstack/react-query';
import { Play } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useMemo } from 'react';

import type { SessionBody } from '@tapedeck/market/wire/http';

import { countText } from '../../format/rate-text.ts';
import { sessionNames } from '../../format/session-names.ts';
import { dateText, dayText, spanText, timeText, zonedTimeText } from '../../format/time-text.ts';
import { zoneName } from '../../format/time-zone.ts';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import { ImportButton, ImportDrop } from '../../panels/import/import-drop.tsx';
import { useAskAgain } from '../../queries/ask-again.ts';
import { sessionsQuery } from '../../queries/sessions.ts';
import { Loading } from '../../ui/loading.tsx';
import { Page } from '../../ui/page.tsx';
import { PanelMessage, Problem } from '../../ui/panel-message.tsx';
import { CoverageBar } from './coverage-bar.tsx';
import { DownloadMenu } from './download-menu.tsx';
import { SourceTag } from './session-marks.tsx';

/** `/replay`: the recorded sessions, newest first, by day. */
export function SessionsView() {
  usePageTitle('Replay');
  const sessions = useQuery(sessionsQuery());
  const askAgain = useAskAgain();
  const { timeZone } = useSettings();
  const list = sessions.data?.toSorted((a, b) => b.from - a.from) ?? [];
  return (
    <Page
      title="Replay"
      actions={<ImportButton />}
      note={
        sessions.data === undefined
          ? undefined
          : `${countText(list.length)} recorded session${list.length === 1 ? '' : 's'}, times in ${zoneName(timeZone)}`
      }
    >
      <ImportDrop>
        {sessions.isError && sessions.data === undefined ? (
          <Problem message={sessions.error.message} onRetry={() => askAgain(sessionsQuery())} />
        ) : sessions.data === undefined ? (
          <Loading what="sessions" onRetry={() => askAgain(sessionsQuery())} />
        ) : list.length === 0 ? (
          <PanelMessage title="Nothing recorded yet">
            The recorder starts with the feed. Drop your own recording here, or choose Import.
          </PanelMessage>
        ) : (
          <SessionTable list={list} />
        )}
      </ImportDrop>
    </Page>
  );
}

/** A recording may have only candles or only trades: that is not a fault, and not a zero. */
function countOr(count: number, none: string) {
  return count === 0 ? <span className="text-faint">{none}</span> : countText(count);
}

function SessionTable({ list }: { readonly list: readonly SessionBody[] }) {
  const { timeZone } = useSettings();
  const names = useMemo(() => sessionNames(list, timeZone), [list, timeZone]);
  return (
    <table className="data [--row:32px]">
      <thead>
        <tr>
          <th scope="col">Session</th>
          <th scope="col">From</th>
          <th scope="col" className="hidden md:table-cell">
            Length
          </th>
          <th scope="col" className="hidden lg:table-cell">
            Symbols
          </th>
          <th scope="col" className="right hidden md:table-cell">
            Book changes
          </th>
          <th scope="col" className="right hidden lg:table-cell">
            Trades
          </th>
          <th scope="col" className="right hidden lg:table-cell">
            News
          </th>
          <th scope="col" className="hidden sm:table-cell">
            Coverage
          </th>
          <th scope="col">
            <span className="sr-only">Replay</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {list.map((session, index) => {
          const day = dateText(session.from, timeZone);
          const before = list[index - 1];
          const first = before === undefined || dateText(before.from, timeZone) !== day;
          return (
            <SessionRow
              key={session.id}
              session={session}
              name={names.get(session.id) ?? session.id}
              newDay={first ? day : undefined}
            />
          );
        })}
      </tbody>
    </table>
  );
}

function SessionRow(props: {
  readonly session: SessionBody;
  readonly name: string;
  readonly newDay: string | undefined;
}) {
  const { session, name, newDay } = props;
  const { timeZone } = useSettings();
  const router = useRouter();
  const path = `/replay/${encodeURIComponent(session.id)}`;
  const [first = '', second, ...more] = session.symbols;
  return (
    <>
      {newDay !== undefined && (
        <tr className="pointer-events-none">
          <td colSpan={9} className="!h-6 bg-bg">
            <span className="label">{newDay}</span>
          </td>
        </tr>
      )}
      <tr
        data-testid="session-row"
        data-session={session.id}
        className="cursor-pointer"
        onClick={() => router.push(path)}
      >
        <td>
          {/* On a phone the source is below the name, so that the play button keeps its room. */}
          <span className="flex items-center gap-x-2 max-sm:max-w-44 max-sm:flex-wrap max-sm:py-1">
            <Link
              href={path}
              className="max-w-72 truncate text-body font-semibold hover:underline"
              onClick={(event) => event.stopPropagation()}
            >
              {name}
            </Link>
            <SourceTag source={session.source} />
            {session.open && <span className="text-micro text-info">recording</span>}
          </span>
        </td>
        <td
          className="num text-soft"
          title={`${zonedTimeText(session.from, timeZone)} to ${zonedTimeText(session.to, timeZone)}`}
        >
          {timeText(session.from, timeZone)}
          <span className="text-faint max-sm:hidden">
            {' → '}
            {/* The day is shown above; an end on another day is dated. */}
            {dateText(session.to, timeZone) !== dateText(session.from, timeZone) &&
              `${dayText(session.to, timeZone)} `}
            {timeText(session.to, timeZone)}
          </span>
        </td>
        <td className="hidden text-soft md:table-cell">{spanText(session.to - session.from)}</td>
        <td className="hidden text-soft lg:table-cell" title={session.symbols.join(', ')}>
          {first}
          {second !== undefined && `, ${second}`}
          {more.length > 0 && <span className="text-faint"> +{more.length}</span>}
        </td>
        <td className="right num hidden text-soft md:table-cell">
          {countOr(session.counts.deltas, 'no book')}
        </td>
        <td className="right num hidden text-soft lg:table-cell">
          {countOr(session.counts.trades, 'no trades')}
        </td>
        <td className="right num hidden text-soft lg:table-cell">
          {countText(session.counts.headlines)}
        </td>
        <td className="hidden sm:table-cell">
          {/* Its clicks and those of its list must not open the session. */}
          <span role="presentation" onClick={(event) => event.stopPropagation()}>
            <CoverageBar session={session} />
          </span>
        </td>
        <td className="right">
          <span className="inline-flex items-center gap-1">
            {/* A menu's clicks bubble through React's tree: a choice in it must not open the session. */}
            <span role="presentation" onClick={(event) => event.stopPropagation()}>
              <DownloadMenu session={session.id} />
            </span>
            <span className="control control-small" aria-hidden>
              <Play size={10} /> <span className="max-sm:hidden">Replay</span>
            </span>
          </span>
        </td>
      </tr>
    </>
  );
}
