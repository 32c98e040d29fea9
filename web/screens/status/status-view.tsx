'use client';
import { useQuery } from '@tanstack/react-query';
import dynamic from 'next/dynamic';

import type { StatusReport } from '@tapedeck/market/wire/http';

import { bytesText, countText, millisecondsText, rateText } from '../../format/rate-text.ts';
import { ageText, dateTimeText, spanText } from '../../format/time-text.ts';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import {
  useEventStream,
  useFigures,
  useLamps,
  useAnswerAge,
  useLinkState,
} from '../../live/live.ts';
import { useAskAgain } from '../../queries/ask-again.ts';
import { REPORT_OLD_MS, statusQuery } from '../../queries/status.ts';
import { Loading } from '../../ui/loading.tsx';
import { Page } from '../../ui/page.tsx';
import { Problem } from '../../ui/panel-message.tsx';
import { Fact, Facts } from './facts.tsx';
import { LatencyFacts } from './latency-facts.tsx';
import { MiniChart } from './mini-chart.tsx';
import { NewsAddresses } from './news-addresses.tsx';
import { seriesWords } from './series-words.ts';
import { StatusLog } from './status-log.tsx';
import { SymbolTable } from './symbol-table.tsx';
import { VenueLinks } from './venue-links.tsx';

const REFRESH_MS = 1_000;
/** The recorder writes every second; much later means that it lags, or that no market moves. */
const RECORDER_LATE_MS = 5_000;

// Only a feed started with fault injection has these controls.
const ChaosPanel = dynamic(() => import('./chaos-panel.tsx').then((m) => m.ChaosPanel), {
  ssr: false,
});

/** `/status`: the state of the feed and of the link, and the log. */
export function StatusView() {
  usePageTitle('Status');
  const askAgain = useAskAgain();
  const status = useQuery({ ...statusQuery(), staleTime: 0, refetchInterval: REFRESH_MS });
  const { timeZone } = useSettings();
  const report = status.data;
  const ageMs = useAnswerAge(status.dataUpdatedAt);
  // A feed that hangs causes no error: its last report only grows old.
  const silent = status.isError || status.failureCount > 0 || ageMs > REPORT_OLD_MS;
  return (
    <Page
      title="Status"
      note={
        report === undefined
          ? undefined
          : `${report.source}${report.scenario === undefined ? '' : `, ${report.scenario}`} · up ${spanText(report.now - report.startedAt)} · build ${report.build}`
      }
      actions={
        silent && report !== undefined ? (
          <span className="text-table text-delayed" role="status">
            No answer since {dateTimeText(report.now, timeZone).slice(11)}; these figures are old
          </span>
        ) : undefined
      }
    >
      {report === undefined ? (
        status.isError ? (
          <Problem message={status.error.message} onRetry={() => askAgain(statusQuery())} />
        ) : (
          <Loading what="the feed’s report" onRetry={() => askAgain(statusQuery())} />
        )
      ) : (
        <div data-testid="status" className={silent ? 'opacity-55' : undefined}>
          <div className="grid grid-cols-[repeat(auto-fit,minmax(150px,1fr))]">
            {Object.entries(report.series).map(([name, values]) => {
              const words = seriesWords(name);
              return (
                <MiniChart
                  key={name}
                  label={words.label}
                  text={words.text(values.at(-1))}
                  values={values}
                />
              );
            })}
          </div>
          {report.chaos !== undefined && (
            <ChaosPanel
              chaos={report.chaos}
              symbols={report.symbols.map(({ symbol }) => symbol)}
              onDone={() => void status.refetch()}
            />
          )}
          <SymbolTable symbols={report.symbols} isOld={silent} />
          <VenueLinks />
          <NewsAddresses />
          <div className="grid border-t border-line md:grid-cols-2 2xl:grid-cols-4">
            <FeedFacts report={report} />
            <RecorderFacts report={report} />
            <LatencyFacts />
            <LinkFacts />
          </div>
          <StatusLog events={report.events} />
        </div>
      )}
    </Page>
  );
}

function FeedFacts({ report }: { readonly report: StatusReport }) {
  const { connections, lagMs, eventLoopMs } = report;
  return (
    <Facts title="Feed">
      <Fact label="Connections">
        {countText(connections.websocket)} WebSocket · {countText(connections.sse)} events
      </Fact>
      <Fact
        label={`Sockets at level ${connections.levels.map((_, level) => level).join(' / ')}`}
        warn={connections.levels.slice(1).some((count) => count > 0)}
      >
        {connections.levels.map((count) => countText(count)).join(' / ')}
      </Fact>
      <Fact label="Waiting to be sent">{bytesText(connections.bufferedBytes)}</Fact>
      <Fact label="Resyncs requested">{countText(connections.resyncs)}</Fact>
      <Fact label="Lag p50 / p95 / p99">{percentiles(lagMs)}</Fact>
      <Fact label="Event loop p50 / p95 / p99">{percentiles(eventLoopMs)}</Fact>
      <Fact label="Memory">{bytesText(report.memoryBytes)}</Fact>
      <Fact label="Epoch">{report.epoch}</Fact>
    </Facts>
  );
}

function RecorderFacts({ report }: { readonly report: StatusReport }) {
  const { recorder, history } = report;
  const { timeZone } = useSettings();
  const lagMs =
    recorder.state === 'off' || recorder.lastWriteAt === null
      ? undefined
      : Math.max(0, report.now - recorder.lastWriteAt);
  const bad = recorder.state === 'behind' || recorder.state === 'failed';
  return (
    <Facts title="Recorder">
      <Fact label="State" warn={bad}>
        {recorder.state}
      </Fact>
      <Fact label="Queue">{countText(recorder.queue)}</Fact>
      <Fact label="Dropped" warn={recorder.dropped > 0}>
        {countText(recorder.dropped)}
      </Fact>
      <Fact label="Last write">
        {recorder.lastWriteAt === null ? '–' : dateTimeText(recorder.lastWriteAt, timeZone)}
      </Fact>
      <Fact label="Lag" warn={lagMs !== undefined && lagMs > RECORDER_LATE_MS}>
        {lagMs === undefined ? '–' : `last write ${ageText(lagMs)} ago`}
      </Fact>
      <Fact label="Session">{recorder.session ?? '–'}</Fact>
      {history.state !== 'ok' && (
        <Fact label="History" warn>
          {history.state}
        </Fact>
      )}
      {(history.message || recorder.message) !== '' && (
        <Fact label="Message">{history.message || recorder.message}</Fact>
      )}
      {report.seed !== undefined && <Fact label="Seed">{String(report.seed)}</Fact>}
      {report.modelVersion !== undefined && <Fact label="Model">{report.modelVersion}</Fact>}
    </Facts>
  );
}

function LinkFacts() {
  const lamps = useLamps();
  const figures = useFigures();
  const link = useLinkState();
  const events = useEventStream();
  return (
    <Facts title="This page’s link">
      <Fact label="Transport" warn={lamps.transport.colour === 'red'}>
        {link.state} · {lamps.transport.detail}
      </Fact>
      <Fact label="Data">{lamps.data.detail}</Fact>
      <Fact label="Clock" warn={lamps.clock.colour === 'amber' || lamps.clock.colour === 'red'}>
        {figures.clockOffsetMs === undefined
          ? '–'
          : `${figures.clockOffsetMs >= 0 ? '+' : '\u2212'}${millisecondsText(Math.abs(figures.clockOffsetMs))}`}
      </Fact>
      <Fact label="Round trip">{millisecondsText(figures.rttMs)}</Fact>
      <Fact label="Received">
        {rateText(figures.messagesPerSecond)} msg/s · {bytesText(figures.bytesPerSecond)}/s
      </Fact>
      <Fact label="Gaps · checksums · resyncs · reconnects">
        {[figures.gaps, figures.checksumFailures, figures.resyncs, figures.reconnects]
          .map((count) => countText(count))
          .join(' · ')}
      </Fact>
      <Fact label="Events" warn={events.state !== 'open'}>
        {events.state}
        {events.state === 'polling' && figures.sharedBy === undefined
          ? ' every 3 s, as each tab has its own link'
          : ''}
        {events.lost > 0 ? `, ${countText(events.lost)} lost` : ''}
      </Fact>
      <Fact label="Route">
        {figures.via === 'direct' ? 'directly to the feed' : 'through this page’s server'}
      </Fact>
      <Fact label="Shared with other tabs">
        {figures.sharedBy === undefined
          ? 'no, each tab has its own link'
          : figures.sharedBy === 1
            ? 'yes, this is the only page now'
            : `yes, one link for ${countText(figures.sharedBy)} pages`}
      </Fact>
    </Facts>
  );
}

function percentiles(value: StatusReport['lagMs']): string {
  if (value === null) return '–';
  return [value.p50, value.p95, value.p99].map(millisecondsText).join(' / ');
}
