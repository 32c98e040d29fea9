'use client';
import { useMutation, useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { parseAsString, useQueryState } from 'nuqs';
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';

import type { EpochMs } from '@tapedeck/market/number/level';
import type { SessionDetailBody } from '@tapedeck/market/wire/http';

import { lastSymbol } from '../../address/last-symbol.ts';
import { momentWithin, placeFrom } from '../../address/replay-link.ts';
import { intervalFor } from '../../address/url-state.ts';
import { useFavicon } from '../../hooks/use-favicon.ts';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import { FeedError, ReplayDeckProvider, useReplay } from '../../live/live.ts';
import { TradeHeader } from '../../panels/header/trade-header.tsx';
import { begunBy, gapsOf } from '../../panels/replay/session-moments.ts';
import { TransportBar } from '../../panels/replay/transport-bar.tsx';
import { useAskAgain } from '../../queries/ask-again.ts';
import { createReplay } from '../../queries/replays.ts';
import { sessionQuery } from '../../queries/sessions.ts';
import { statesQuery } from '../../queries/states.ts';
import { Shell } from '../../shell/shell.tsx';
import { Choice } from '../../ui/choice.tsx';
import { Loading } from '../../ui/loading.tsx';
import { PanelMessage, Problem } from '../../ui/panel-message.tsx';
import { TradePanes } from '../desk/trade-panes.tsx';
import { SourceTag } from './session-marks.tsx';
import { useReplayAddress } from './use-replay-address.ts';

/** Where a session opens if its link has no moment: at its start the chart would be empty and look broken. */
const OPENING_SHARE = 0.25;

/** `/replay/[session]`: the trade view on the replay's clock. Nothing on the page is live. */
export function ReplaySessionView({ sessionId }: { readonly sessionId: string }) {
  useFavicon('/favicon-replay.svg');
  usePageTitle('REPLAY');
  const session = useQuery(sessionQuery(sessionId));
  const askAgain = useAskAgain();
  const [t] = useQueryState('t', parseAsString);
  const [s] = useQueryState('s', parseAsString);
  const [symbol, setSymbol] = useQueryState('sym', parseAsString);
  const { mutate, ...made } = useMutation(createReplay());
  const started = useRef(false);
  const { data, isFetching, refetch } = session;

  const start = useCallback(
    (detail: SessionDetailBody, at: number | undefined) => {
      const place = placeFrom({ t, s, sym: null });
      const opening = detail.from + (detail.to - detail.from) * OPENING_SHARE;
      const wanted = at ?? place.at ?? opening;
      mutate({
        session: detail.id,
        speed: place.speed ?? 1,
        at: momentWithin(detail, wanted),
      });
    },
    [mutate, s, t],
  );
  const restart = useCallback(
    (at: number | undefined) => {
      // Only the feed that answers now knows how far the session has come, or what is left of it.
      void refetch().then(({ data: now }) => {
        if (now !== undefined) start(now, at);
      });
    },
    [refetch, start],
  );
  useEffect(() => {
    // The cached detail of a growing session does not say how far it has come: wait for the refetch.
    if (data === undefined || started.current || (data.open && isFetching)) return;
    // Once, also under StrictMode: each call creates a replay in the feed.
    started.current = true;
    start(data, undefined);
  }, [data, isFetching, start]);

  if (session.error instanceof FeedError && session.error.status === 404)
    return (
      <Outside>
        <PanelMessage title={`No session is named ${sessionId}`} action={<AllSessions />}>
          It may have been deleted, or the link is for another feed.
        </PanelMessage>
      </Outside>
    );
  // A session stays known while nothing answers: its replay shows by itself that it has no link.
  if (session.isError && data === undefined)
    return (
      <Outside>
        <Problem
          message={session.error.message}
          onRetry={() => askAgain(sessionQuery(sessionId))}
        />
      </Outside>
    );
  if (data === undefined || made.isPending || made.isIdle)
    return (
      <Outside>
        <Loading
          key={data === undefined ? 'session' : 'replay'}
          what={data === undefined ? 'the session' : 'the replay'}
          {...(data !== undefined && { title: 'Preparing the replay…' })}
          action={<AllSessions />}
          onRetry={() => {
            if (data === undefined) askAgain(sessionQuery(sessionId));
            else start(data, undefined);
          }}
        />
      </Outside>
    );
  if (made.isError)
    return (
      <Outside>
        <Problem message={made.error.message} onRetry={() => start(data, undefined)} />
      </Outside>
    );
  const shown = data.symbols.includes(symbol ?? '')
    ? (symbol ?? '')
    : (lastSymbol(data.symbols) ?? '');
  return (
    <ReplayDeckProvider replayId={made.data.id} key={made.data.id}>
      <Shell>
        <Playing
          session={data}
          symbol={shown}
          // Another symbol is another page: Back returns to the previous one, at its moment.
          onSymbol={(next) => void setSymbol(next, { history: 'push' })}
          onRestart={restart}
        />
      </Shell>
      <div className="replay-frame" aria-hidden data-testid="replay-frame" />
    </ReplayDeckProvider>
  );
}

function Playing(props: {
  readonly session: SessionDetailBody;
  readonly symbol: string;
  readonly onSymbol: (symbol: string) => void;
  readonly onRestart: (at: number | undefined) => void;
}) {
  const { symbol } = props;
  const { view, controls, error } = useReplay();
  // The span when the page opened: a growing session must not change its candle interval while being watched.
  const [spanMs] = useState(props.session.to - props.session.from);
  const session = useGrown(props.session, view?.to);
  const { data: states } = useQuery(statesQuery(session.id, symbol, session.open));
  const stretches = useMemo(() => states ?? gapsOf(session, symbol), [states, session, symbol]);
  const begun = begunBy(stretches, view?.clock ?? 0);
  const gaps = useMemo(() => stretches.slice(0, begun), [stretches, begun]);
  useReplayAddress({
    view,
    symbol,
    onMoment: (at) => void controls.seek(momentWithin(session, at)).catch(() => {}),
  });
  const { onRestart } = props;
  // A restarted feed knows its sessions, not its replays: return to the same moment, as the live page does.
  const forgotten = view !== undefined && error?.startsWith('unknown replay') === true;
  const clock = view?.clock;
  useEffect(() => {
    if (forgotten) onRestart(clock);
  }, [forgotten, onRestart, clock]);
  if (forgotten)
    return <PanelMessage title="The feed was restarted. Returning to the same moment…" />;
  if (error !== undefined)
    return (
      <Problem message={`The replay ended: ${error}`} onRetry={() => onRestart(view?.clock)} />
    );
  return (
    <>
      <TradeHeader
        symbol={symbol}
        picker={
          <div className="flex min-w-0 items-center gap-2">
            <Choice
              label="Symbol"
              value={symbol}
              onChange={props.onSymbol}
              options={session.symbols.map((value) => ({ value, label: value }))}
              className="control-quiet min-w-0 truncate !px-1 text-body font-semibold !text-text sm:text-title"
            />
            <span className="hidden lg:block">
              <SourceTag source={session.source} />
            </span>
          </div>
        }
      />
      {view === undefined ? (
        <JoiningNotice />
      ) : (
        <>
          <TransportBar session={session} symbol={symbol} view={view} />
          <TradePanes
            symbol={symbol}
            gaps={gaps}
            interval={intervalFor(spanMs, session.intervals[symbol])}
            source={session.origin['backfilled'] === true ? 'venue' : undefined}
            key={symbol}
          />
        </>
      )}
    </>
  );
}

/** A session still being recorded is as long as its replay says. */
function useGrown(session: SessionDetailBody, end: EpochMs | undefined): SessionDetailBody {
  const to = session.open ? Math.max(session.to, (end ?? 0) - 1) : session.to;
  return useMemo(() => (to === session.to ? session : { ...session, to }), [session, to]);
}

const PATIENCE_MS = 10_000;

/** From the creation of the replay to its first message; after ten seconds it says that nothing answers. */
function JoiningNotice() {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <PanelMessage
      title="Joining the replay…"
      action={
        <Link href="/replay" className="control">
          Cancel
        </Link>
      }
    >
      {late && 'The feed does not answer. Retrying until you cancel.'}
    </PanelMessage>
  );
}

function AllSessions() {
  return (
    <Link href="/replay" className="control">
      All sessions
    </Link>
  );
}

/** Frame of the states before the replay starts: already violet, and without the live shell. */
function Outside({ children }: { readonly children: ReactNode }) {
  return (
    <main className="h-dvh">
      <h1 className="sr-only">Replay</h1>
      {children}
      <div className="replay-frame" aria-hidden />
    </main>
  );
}
