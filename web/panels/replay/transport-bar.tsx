'use client';
import {
  ArrowRightToLine,
  ChevronFirst,
  ChevronLast,
  Link2,
  Pause,
  Play,
  StepBack,
  StepForward,
} from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useRef, useState } from 'react';

import type { SessionDetailBody } from '@tapedeck/market/wire/http';
import type { ReplaySpeed, StepUnit } from '@tapedeck/market/wire/replay';

import { nextMoment, nextSpeed, replayPath, SPEEDS, speedText } from '../../address/replay-link.ts';
import { dateText, timeText, zoneText } from '../../format/time-text.ts';
import { useKeys } from '../../hooks/use-keys.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import { useLinkState, useReplay, type ReplayView } from '../../live/live.ts';
import { toastProblem, toastText } from '../../notices/toasts.ts';
import { Choice } from '../../ui/choice.tsx';
import { symbolPath } from '../../ui/symbol-text.tsx';
import { GoToBox } from './go-to-box.tsx';
import { momentText, Scrubber } from './scrubber.tsx';
import { gapsOf, seenFrom } from './session-moments.ts';

const UNIT_TEXT: Readonly<Record<StepUnit, string>> = {
  event: 'event',
  trade: 'trade',
  second: 'second',
  minute: 'minute',
  news: 'headline',
};

const UNITS = (['event', 'trade', 'second', 'minute', 'news'] as const).map((value) => ({
  value,
  label: UNIT_TEXT[value],
}));

/** Everything that moves the replay's clock, by mouse or keyboard. */
export function TransportBar(props: {
  readonly session: SessionDetailBody;
  readonly symbol: string;
  readonly view: ReplayView;
}) {
  const { session, symbol, view } = props;
  const { controls } = useReplay();
  const { timeZone } = useSettings();
  const router = useRouter();
  // An imported market has no live page to return to.
  const live = session.source !== 'import';
  const [unit, setUnit] = useState<StepUnit>('second');
  const goTo = useRef<HTMLInputElement>(null);
  const playing = view.state === 'playing' || view.state === 'buffering';

  const link = useLinkState();
  const hasDays = dateText(view.from, timeZone) !== dateText(view.to, timeZone);

  const run = (command: Promise<void>) =>
    void command.catch((error: unknown) => toastProblem('The replay command failed', error));
  const seekTo = (to: number) =>
    controls.seek(Math.min(view.to, Math.max(view.from, Math.round(to))));
  const seek = (to: number) => run(seekTo(to));
  // Steps go by the market shown: another one's trade or headline would change nothing on the page.
  const step = (count: number, by: StepUnit = unit) =>
    void controls.step(by, count, symbol).catch((error: unknown) => {
      if (isNoneLeft(error))
        toastText(count > 0 ? 'No later headline' : 'No earlier headline', `for ${symbol}`);
      else toastProblem('The replay command failed', error);
    });
  const fromStart = async () => {
    await controls.seek(view.from);
    await controls.play();
  };
  const toggle = () => {
    if (playing) run(controls.pause());
    // At the end of a finished recording there is nothing left to play: start over. A growing one is followed.
    else run(view.state === 'ended' ? fromStart() : controls.play());
  };
  const setSpeed = (speed: ReplaySpeed) => run(controls.speed(speed));
  const copy = () => {
    const path = replayPath(session.id, { at: view.clock, speed: view.speed, symbol });
    void navigator.clipboard
      .writeText(new URL(path, location.href).href)
      .then(() => toastText('Link copied', `Opens paused at ${timeText(view.clock, timeZone, 3)}`))
      .catch((error: unknown) => toastProblem('The link was not copied', error));
  };
  const gap = (by: 1 | -1) => {
    const to = nextMoment(gapsOf(session, symbol).map(seenFrom), view.clock, by);
    if (to !== undefined) seek(to);
    else toastText(by > 0 ? 'No later gap' : 'No earlier gap', `for ${symbol}`);
  };

  useKeys('space', toggle);
  useKeys('arrowright', () => step(1));
  useKeys('arrowleft', () => step(-1));
  useKeys('shift+arrowright', () => step(10));
  useKeys('shift+arrowleft', () => step(-10));
  useKeys('comma', () => setSpeed(nextSpeed(view.speed, -1)));
  useKeys('period', () => setSpeed(nextSpeed(view.speed, 1)));
  useKeys('n', () => step(1, 'news'));
  useKeys('shift+n', () => step(-1, 'news'));
  useKeys('t', () => step(1, 'trade'));
  useKeys('shift+t', () => step(-1, 'trade'));
  useKeys('x', () => gap(1));
  useKeys('shift+x', () => gap(-1));
  useKeys('home', () => seek(view.from));
  useKeys('end', () => seek(view.to));
  useKeys('j', () => goTo.current?.focus());
  useKeys('l', copy);

  return (
    <section
      aria-label="Transport"
      data-testid="transport"
      data-replay-state={view.state}
      className="shrink-0 border-b border-line bg-bg"
    >
      <div className="flex min-h-11 flex-wrap items-center gap-x-2 gap-y-1 px-2 py-1.5">
        <div className="flex items-center gap-1">
          <Key label="To the start" onClick={() => seek(view.from)}>
            <ChevronFirst size={14} aria-hidden />
          </Key>
          <Key label={`One ${UNIT_TEXT[unit]} back`} onClick={() => step(-1)}>
            <StepBack size={13} aria-hidden />
          </Key>
          <button
            type="button"
            data-testid="play"
            aria-label={playing ? 'Pause' : 'Play'}
            className="control h-8 w-10 border-replay p-0 text-text hover:bg-raised md:h-7"
            onClick={toggle}
          >
            {playing ? <Pause size={15} aria-hidden /> : <Play size={15} aria-hidden />}
          </button>
          <Key label={`One ${UNIT_TEXT[unit]} on`} onClick={() => step(1)}>
            <StepForward size={13} aria-hidden />
          </Key>
          <Key label="To the end" onClick={() => seek(view.to)}>
            <ChevronLast size={14} aria-hidden />
          </Key>
        </div>
        <Choice
          label="Step by"
          value={unit}
          onChange={setUnit}
          options={UNITS}
          className="hidden sm:inline-flex"
        />
        <Choice
          label="Speed"
          value={String(view.speed)}
          onChange={(value) => setSpeed(value === 'max' ? 'max' : Number(value))}
          options={speedOptions(view.speed)}
        />
        <div className="flex items-baseline gap-2 px-1">
          <span
            className="num text-section font-semibold text-replay"
            data-testid="replay-clock"
            data-clock={view.clock}
          >
            {timeText(view.clock, timeZone, 3)}
          </span>
          <span className="num hidden text-micro text-faint sm:inline">
            {dateText(view.clock, timeZone)} {zoneText(timeZone, view.clock)}
          </span>
          <span className="text-micro text-soft" data-testid="replay-state">
            {link.state === 'open' ? stateWord(view, session.open) : 'no link'}
          </span>
          {(view.connections ?? 1) > 1 && (
            <span
              className="num text-micro text-soft"
              title="All viewers share one clock: whoever moves it moves it for everyone"
            >
              {view.connections} watching
            </span>
          )}
        </div>
        <div className="ml-auto flex items-center gap-1">
          <GoToBox ref={goTo} view={view} onGo={seek} />
          <button
            type="button"
            className="control"
            onClick={copy}
            title="Copy a link to this moment"
          >
            <Link2 size={13} aria-hidden />
            <span className="sr-only xl:not-sr-only">Copy link</span>
          </button>
          <button
            type="button"
            className="control"
            title="Leave the replay for the live market"
            onClick={() => router.push(live ? symbolPath(symbol) : '/')}
          >
            <ArrowRightToLine size={13} aria-hidden />
            <span className="sr-only sm:not-sr-only">Live</span>
          </button>
        </div>
      </div>
      <div className="flex items-center gap-2 px-2 pb-1">
        <span className="num hidden text-micro text-faint sm:inline">
          {momentText(view.from, timeZone, hasDays)}
        </span>
        <Scrubber
          session={session}
          symbol={symbol}
          clock={view.clock}
          onSeek={seekTo}
          onProblem={(error) => toastProblem('The replay command failed', error)}
        />
        <span className="num hidden text-micro text-faint sm:inline">
          {momentText(view.to, timeZone, hasDays)}
        </span>
      </div>
    </section>
  );
}

/** At the end of what is recorded so far, the clock follows the recording. */
function stateWord(view: ReplayView, isGrowing: boolean): string {
  const isAtEnd = isGrowing && view.clock >= view.to;
  if (!isAtEnd) return view.state;
  return view.state === 'playing' ? 'follows the recording' : `${view.state} at the end so far`;
}

/** The feed's answer when there is nothing to step to (P29b): not a fault. */
function isNoneLeft(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('unit: there is no news');
}

function Key(props: {
  readonly label: string;
  readonly onClick: () => void;
  readonly children: React.ReactNode;
}) {
  return (
    <button
      type="button"
      aria-label={props.label}
      title={props.label}
      className="control control-quiet h-8 w-8 p-0 md:h-7 md:w-7"
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}

function speedOptions(current: ReplaySpeed) {
  const all = SPEEDS.includes(current) ? SPEEDS : [current, ...SPEEDS];
  return all.map((speed) => ({ value: String(speed), label: speedText(speed) }));
}
