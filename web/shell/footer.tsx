'use client';
import clsx from 'clsx';
import type { ReactNode } from 'react';

import { bytesText, countText, millisecondsText, rateText } from '../format/rate-text.ts';
import { timeText, zoneText } from '../format/time-text.ts';
import { useSettings } from '../hooks/use-settings.ts';
import { useFigures, useLamps, useMode, useNow, type Lamp, type LampColour } from '../live/live.ts';

const LAMP: Readonly<Record<LampColour, string>> = {
  green: 'bg-ok',
  amber: 'bg-delayed',
  red: 'bg-bad',
  grey: 'bg-faint',
  violet: 'bg-replay',
};

/** Three independent lamps, the link's figures, the build and the clock: on every page, at 1 Hz. */
export function Footer() {
  const lamps = useLamps();
  const figures = useFigures();
  const mode = useMode();
  const now = useNow();
  const { timeZone } = useSettings();
  const losses = figures.gaps + figures.checksumFailures;
  return (
    <footer className="safe-bottom flex min-h-6 shrink-0 items-center gap-3 overflow-hidden border-t border-line bg-bg px-2 text-micro whitespace-nowrap text-faint">
      <LampText name="transport" lamp={lamps.transport} />
      <LampText name="data" lamp={lamps.data} />
      <LampText name="clock" lamp={lamps.clock} />
      {/* A figure without room wraps to a hidden line: none is cut in half, and the clock stays. */}
      <div className="hidden h-4 min-w-0 flex-1 flex-wrap content-start items-center gap-x-3 overflow-hidden sm:flex">
        <Figure label="RTT" hint="Round trip to the feed">
          {millisecondsText(figures.rttMs)}
        </Figure>
        <Figure
          label={mode === 'replay' ? 'replay' : 'feed\u2192here'}
          hint="Feed’s send to received here, median and 95th percentile of the last minute"
        >
          {figures.latencyMs === undefined
            ? '\u2013'
            : `${millisecondsText(figures.latencyMs.p50)} / ${millisecondsText(figures.latencyMs.p95)}`}
        </Figure>
        <Figure label="paint" hint="Received to painted, 95th percentile of the last minute">
          {millisecondsText(figures.paintMs)}
        </Figure>
        <Figure label="in" hint="Messages and bytes received per second">
          {rateText(figures.messagesPerSecond)} msg/s · {bytesText(figures.bytesPerSecond)}/s
        </Figure>
        <Figure
          label="gaps"
          hint={`${countText(figures.gaps)} gaps, ${countText(figures.checksumFailures)} failed checksums, ${countText(figures.resyncs)} resyncs, ${countText(figures.reconnects)} reconnects`}
          warn={losses > 0}
        >
          {countText(losses)}
        </Figure>
        {figures.tier !== undefined && (
          <Figure label="tier" hint="The feed slowed this connection down" warn>
            {figures.tier}
          </Figure>
        )}
      </div>
      <div className="ml-auto flex shrink-0 items-center gap-3">
        {figures.build !== undefined && (
          <span className="num hidden lg:inline" title="Build of the feed">
            {figures.build}
          </span>
        )}
        <span
          className="num text-soft"
          data-testid="wall-clock"
          {...(mode === 'replay' && { title: 'The current time, not the replay’s' })}
        >
          {mode === 'replay' && <span className="text-faint">now </span>}
          {timeText(now, timeZone)} {zoneText(timeZone, now)}
        </span>
      </div>
    </footer>
  );
}

function LampText({ name, lamp }: { readonly name: string; readonly lamp: Lamp }) {
  return (
    <span
      className="flex items-center gap-1.5"
      title={lamp.detail}
      data-testid={`lamp-${name}`}
      data-lamp={lamp.colour}
    >
      <span
        aria-hidden
        className={clsx(
          'size-[7px]',
          LAMP[lamp.colour],
          // Shape repeats the colour: round is good, square is not.
          lamp.colour === 'amber' || lamp.colour === 'red' ? 'rounded-[1px]' : 'rounded-full',
        )}
      />
      <span className={lamp.colour === 'red' ? 'text-bad' : undefined}>
        {name} <span className="hidden text-soft sm:inline">{lamp.text}</span>
      </span>
    </span>
  );
}

function Figure(props: {
  readonly label: string;
  readonly hint: string;
  readonly warn?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <span title={props.hint}>
      {props.label}{' '}
      <span className={clsx('num', props.warn === true ? 'text-delayed' : 'text-soft')}>
        {props.children}
      </span>
    </span>
  );
}
