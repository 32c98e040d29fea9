'use client';
import { useQuery } from '@tanstack/react-query';
import { memo, useEffect, useMemo, useRef, useState, type PointerEvent } from 'react';

import type { EpochMs } from '@tapedeck/market/number/level';
import type { SessionDetailBody } from '@tapedeck/market/wire/http';

import { gapText } from '../../format/gap-text.ts';
import { dayText, timeText } from '../../format/time-text.ts';
import { midnightsWithin, type TimeZoneChoice } from '../../format/time-zone.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import { systemClock } from '../../live/live.ts';
import { silhouetteQuery } from '../../queries/sessions.ts';
import { LatestSeek } from './latest-seek.ts';
import { gapAt, gapsOf, headlinesOf } from './session-moments.ts';
import { spreadPath } from './spread-path.ts';
import { StateBands } from './state-bands.tsx';

/** The whole session at a glance: volume, headlines, gaps, days and the clock. A drag shows each moment it passes. */
export function Scrubber(props: {
  readonly session: SessionDetailBody;
  readonly symbol: string;
  readonly clock: EpochMs;
  /** Resolves when the feed has moved there. */
  readonly onSeek: (to: EpochMs) => Promise<void>;
  /** Gets the error of the last seek of a drag. */
  readonly onProblem: (error: unknown) => void;
}) {
  const { session, symbol, clock } = props;
  const { from, to } = session;
  const span = Math.max(1, to - from);
  const track = useRef<HTMLDivElement>(null);
  const [hover, setHover] = useState<{ readonly at: EpochMs; readonly reachMs: number }>();
  const [focused, setFocused] = useState(false);
  const { timeZone } = useSettings();
  const { drag, begin, move, release, cancel } = useDrag(props);
  const days = useMemo(() => midnightsWithin(timeZone, from, to), [timeZone, from, to]);
  const gaps = useMemo(() => gapsOf(session, symbol), [session, symbol]);
  const headlines = useMemo(() => headlinesOf(session, symbol), [session, symbol]);
  const text = (time: EpochMs) => momentText(time, timeZone, days.length > 0);
  const left = (time: EpochMs) => `${Math.min(100, Math.max(0, ((time - from) / span) * 100))}%`;
  const words = (time: EpochMs, reachMs = 0): string | undefined => {
    const gap = gapAt(gaps, time, reachMs);
    return gap && gapText(gap, timeZone);
  };
  const timeAt = (event: PointerEvent): EpochMs => {
    const box = track.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return clock;
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return Math.round(from + share * span);
  };
  const shown = drag ?? clock;
  const gapNow = words(shown);
  // Without a pointer, the keys that step from gap to gap say what each is.
  const tip =
    hover === undefined
      ? { at: shown, gap: focused ? gapNow : undefined }
      : { at: hover.at, gap: words(hover.at, hover.reachMs) };
  return (
    <div
      ref={track}
      role="slider"
      tabIndex={0}
      aria-label="Moment of the session"
      aria-valuemin={from}
      aria-valuemax={session.to}
      aria-valuenow={Math.round(shown)}
      aria-valuetext={gapNow === undefined ? text(shown) : `${text(shown)}, ${gapNow}`}
      data-testid="scrubber"
      className="relative h-10 flex-1 cursor-pointer touch-none select-none"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        begin(timeAt(event));
      }}
      onPointerMove={(event) => {
        const at = timeAt(event);
        const width = event.currentTarget.clientWidth;
        setHover({ at, reachMs: (REACH_PX * span) / Math.max(1, width) });
        move(at);
      }}
      onPointerUp={(event) => release(timeAt(event))}
      onPointerCancel={cancel}
      onPointerLeave={() => setHover(undefined)}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
    >
      <Silhouette session={session} symbol={symbol} />
      <SpreadCurve session={session.id} symbol={symbol} />
      <StateBands session={session} symbol={symbol} />
      <Days days={days} timeZone={timeZone} left={left} />
      {gaps.map((gap) => (
        <span
          key={`${gap.from}:${gap.reason}`}
          aria-hidden
          data-testid="scrubber-gap"
          className="absolute inset-y-1 min-w-0.5"
          style={{
            left: left(gap.from),
            width: `${((gap.to - gap.from) / span) * 100}%`,
            background:
              'repeating-linear-gradient(135deg, var(--delayed) 0 1px, transparent 1px 4px)',
          }}
        />
      ))}
      {headlines.map((headline) => (
        <span
          key={headline.id}
          aria-hidden
          title={headline.title}
          data-testid="scrubber-headline"
          className="absolute top-0 h-0 w-0 -translate-x-1 border-x-4 border-t-[5px] border-x-transparent border-t-info"
          style={{ left: left(headline.time) }}
        />
      ))}
      <span
        aria-hidden
        className="absolute inset-y-0 left-0 bg-replay/10"
        style={{ width: left(shown) }}
      />
      <span aria-hidden className="absolute inset-y-0 w-px bg-replay" style={{ left: left(shown) }}>
        <span className="absolute -bottom-px -left-[3px] size-[7px] bg-replay" />
      </span>
      {(hover !== undefined || tip.gap !== undefined) && (
        <span
          aria-hidden
          data-testid="scrubber-tip"
          className="num pointer-events-none absolute bottom-full z-10 w-max max-w-full -translate-x-1/2 rounded-sm border border-line bg-raised px-1 text-center text-micro"
          style={{
            left: `clamp(${tip.gap === undefined ? 48 : 160}px, ${left(tip.at)}, calc(100% - ${tip.gap === undefined ? 48 : 160}px))`,
          }}
        >
          {text(tip.at)}
          {tip.gap !== undefined && <span className="block text-delayed">{tip.gap}</span>}
        </span>
      )}
    </div>
  );
}

/** A pointer this near to a gap is on it. */
const REACH_PX = 3;

const BARS = 240;

/** Volume over the session as bars; if there are more buckets than fit, several are merged. */
function silhouetteBars(volume: readonly number[], bars: number): readonly number[] {
  if (volume.length <= bars) return volume;
  const summed = new Array<number>(bars).fill(0);
  volume.forEach((value, index) => {
    const bar = Math.floor((index / volume.length) * bars);
    summed[bar] = (summed[bar] ?? 0) + value;
  });
  return summed;
}

const Silhouette = memo(function Silhouette(props: {
  readonly session: SessionDetailBody;
  readonly symbol: string;
}) {
  const path = useMemo(() => {
    const bars = silhouetteBars(props.session.silhouette.volume[props.symbol] ?? [], BARS);
    const largest = Math.max(1, ...bars);
    // The root raises quiet minutes off the bottom: the shape is for orientation, not for reading volumes.
    return bars
      .map((value, index) => {
        const height = Math.sqrt(value / largest) * 30;
        return value === 0 ? '' : `M${index + 0.5} 34V${(34 - height).toFixed(2)}`;
      })
      .join('');
  }, [props.session, props.symbol]);
  const count = Math.min(BARS, props.session.silhouette.volume[props.symbol]?.length ?? 1);
  return (
    <svg
      aria-hidden
      viewBox={`0 0 ${Math.max(1, count)} 40`}
      preserveAspectRatio="none"
      className="absolute inset-0 h-full w-full"
    >
      <path d={path} stroke="var(--text-3)" strokeWidth={0.7} opacity={0.75} />
    </svg>
  );
});

/** The book's spread: it shows calm and nervous periods before they are played. */
function SpreadCurve(props: { readonly session: string; readonly symbol: string }) {
  const { data } = useQuery(silhouetteQuery(props.session, props.symbol));
  const path = useMemo(() => spreadPath(data?.markets[0]?.spread ?? []), [data]);
  if (path === '') return null;
  return (
    <svg
      aria-hidden
      viewBox="0 0 100 40"
      preserveAspectRatio="none"
      data-testid="spread-curve"
      className="absolute inset-0 h-full w-full"
    >
      <path
        d={path}
        fill="none"
        stroke="var(--info)"
        strokeWidth={1}
        opacity={0.55}
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}

/** A moment of a session: with its day if there are several, since `03:00` alone would be ambiguous. */
export function momentText(time: EpochMs, timeZone: TimeZoneChoice, withDay: boolean): string {
  return withDay
    ? `${dayText(time, timeZone)} ${timeText(time, timeZone)}`
    : timeText(time, timeZone);
}

/** More labels than this would overlap. */
const MAX_DAYS = 12;

/** Where each day begins, with its name. */
const Days = memo(function Days(props: {
  readonly days: readonly EpochMs[];
  readonly timeZone: TimeZoneChoice;
  readonly left: (time: EpochMs) => string;
}) {
  const { days, timeZone, left } = props;
  const step = Math.ceil(days.length / MAX_DAYS);
  return days
    .filter((_, index) => index % step === 0)
    .map((day) => (
      <span
        key={day}
        aria-hidden
        data-testid="scrubber-day"
        className="absolute inset-y-0 border-l border-line pl-0.5"
        style={{ left: left(day) }}
      >
        <span className="num absolute bottom-0 text-micro leading-3 whitespace-nowrap text-faint">
          {dayText(day, timeZone)}
        </span>
      </span>
    ));
});

/** The pointer on the track: its moment while it is down, and until the feed has reached the release point. */
function useDrag(props: {
  readonly onSeek: (to: EpochMs) => Promise<void>;
  readonly onProblem: (error: unknown) => void;
}) {
  const [drag, setDrag] = useState<EpochMs | undefined>(undefined);
  const isDown = useRef(false);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  const [seek] = useState(
    () =>
      new LatestSeek({
        clock: systemClock,
        seek: (to) => latest.current.onSeek(to),
        onRest: (error) => {
          if (isDown.current) return;
          setDrag(undefined);
          if (error !== undefined) latest.current.onProblem(error);
        },
      }),
  );
  useEffect(() => () => seek.stop(), [seek]);
  return {
    drag,
    begin: (at: EpochMs) => {
      isDown.current = true;
      setDrag(at);
      seek.move(at);
    },
    move: (at: EpochMs) => {
      if (!isDown.current) return;
      setDrag(at);
      seek.move(at);
    },
    release: (at: EpochMs) => {
      if (!isDown.current) return;
      isDown.current = false;
      setDrag(at);
      seek.release(at);
    },
    cancel: () => {
      isDown.current = false;
      seek.stop();
      setDrag(undefined);
    },
  };
}
