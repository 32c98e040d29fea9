'use client';
import clsx from 'clsx';
import { Pause, Play } from 'lucide-react';
import { useQueryState } from 'nuqs';
import { useMemo, useRef, useState } from 'react';

import { eachParser, leastParser } from '../../address/url-state.ts';
import { parseUnits, priceText, sizeText } from '../../format/market-text.ts';
import { countText } from '../../format/rate-text.ts';
import { timeText } from '../../format/time-text.ts';
import { useElementSize } from '../../hooks/use-element-size.ts';
import { useKeys } from '../../hooks/use-keys.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import { useTopic, type TapeView } from '../../live/live.ts';
import { PanelMessage, Waiting } from '../../ui/panel-message.tsx';
import { Panel } from '../../ui/panel.tsx';
import { tapeFit } from '../../ui/row-fit.ts';
import { TapeRow } from './tape-row.tsx';
import {
  earlierLines,
  sizeTiers,
  tapeLines,
  type SizeTiers,
  type TapeGap,
  type TapeLine,
} from './tape-rows.ts';
import { useEarlierTrades } from './use-earlier-trades.ts';

/** Thresholds are kept this long: tiers that move with every print would mean nothing. */
const TIERS_MS = 5_000;
/** Sizes in other steps cannot be compared. */
const NO_TIERS: SizeTiers = [Infinity, Infinity, Infinity];

type TapePanelProps = {
  readonly symbol: string;
  /** Gaps in the recording of the symbol. */
  readonly gaps?: readonly TapeGap[] | undefined;
};

const NO_GAPS: readonly TapeGap[] = [];

/** Trades, newest first. Under the pointer, or when scrolled, the list stops and counts the trades it holds back. */
export function TapePanel({ symbol, gaps = NO_GAPS }: TapePanelProps) {
  const { value, state } = useTopic({ kind: 'tape', symbol });
  const [paused, setPaused] = useState(false);
  const [each, setEach] = useQueryState('each', eachParser);
  const merge = each === null;
  const [least, setLeast] = useQueryState('min', leastParser);
  const [frozen, setFrozen] = useState<TapeView | undefined>(undefined);
  const [hovering, setHovering] = useState(false);

  const hold = (on: boolean) => setFrozen(on ? (frozen ?? value) : undefined);
  const toggle = () => {
    setPaused(!paused);
    hold(!paused || hovering);
  };
  useKeys('p', toggle);

  const sameMarket = frozen?.symbol === symbol;
  const shown = sameMarket ? frozen : value;
  const newest = value?.rows[0]?.sequence ?? 0;
  const queued = sameMarket ? Math.max(0, newest - (frozen.rows[0]?.sequence ?? newest)) : 0;

  return (
    <Panel
      title="Tape"
      state={state}
      testId="tape"
      sequence={value?.rows[0]?.sequence}
      controls={
        <>
          {queued > 0 && (
            <button
              type="button"
              className="control control-small text-delayed"
              onClick={() => {
                setPaused(false);
                setFrozen(undefined);
              }}
            >
              {countText(queued)} new
            </button>
          )}
          <button
            type="button"
            className="control control-quiet control-small control-icon"
            aria-label={paused ? 'Resume the tape' : 'Pause the tape'}
            aria-pressed={paused}
            onClick={toggle}
          >
            {paused ? <Play size={11} aria-hidden /> : <Pause size={11} aria-hidden />}
          </button>
          <button
            type="button"
            className="control control-quiet control-small"
            aria-pressed={merge}
            title="Merge prints of the same time, side and price"
            onClick={() => void setEach(merge ? '1' : null)}
          >
            ×N
          </button>
        </>
      }
    >
      {shown === undefined ? (
        <Waiting state={state} />
      ) : (
        <TapeList
          view={shown}
          gaps={gaps}
          merge={merge}
          least={least}
          onLeast={(text) => void setLeast(text)}
          onHold={(on) => {
            setHovering(on);
            hold(on || paused);
          }}
        />
      )}
    </Panel>
  );
}

function TapeList(props: {
  readonly view: TapeView;
  readonly gaps: readonly TapeGap[];
  readonly merge: boolean;
  readonly least: string;
  readonly onLeast: (text: string) => void;
  readonly onHold: (on: boolean) => void;
}) {
  const { view, gaps, merge, least } = props;
  const { ref: scroller, height, width } = useElementSize();
  const [top, setTop] = useState(0);
  const { timeZone } = useSettings();
  const tiers = useSteadyTiers(view);
  const parsed = least.trim() === '' ? { units: 0 } : parseUnits(least, view.instrument.lotSize);
  const leastLots = 'units' in parsed ? parsed.units : 0;
  const rows = useEarlierTrades(view, top > 0);
  const lines = useMemo(() => {
    const choice = { merge, least };
    const own = tapeLines(view, choice);
    return rows.length === 0 ? own : [...own, ...earlierLines(view, { rows, gaps }, choice)];
  }, [view, rows, gaps, merge, least]);
  // Only the visible rows are in the document: all rows have the same height.
  const rowHeight = 18;
  const first = Math.max(0, Math.floor(top / rowHeight) - 2);
  const visible = lines.slice(first, first + Math.ceil((height || 360) / rowHeight) + 5);
  const { instrument } = view;
  const latest = view.rows[0];
  const fit =
    latest === undefined
      ? 'full'
      : tapeFit(
          width,
          priceText(latest.priceTicks, instrument).length,
          // The 95th percentile: one block trade must not shorten all rows.
          sizeText(Number.isFinite(tiers[1]) ? tiers[1] : latest.sizeLots, instrument).length,
        );
  return (
    <>
      <RatioBar view={view} />
      <div className="flex h-6 shrink-0 items-center gap-2 border-b border-line px-2">
        <label className="label flex min-w-0 flex-1 items-center gap-1.5">
          Min
          <input
            value={least}
            onChange={(event) => props.onLeast(event.target.value)}
            inputMode="decimal"
            placeholder="0"
            aria-label={`Smallest size shown, in ${view.instrument.base}`}
            aria-invalid={'problem' in parsed}
            className="num h-5 w-16 rounded-sm border border-transparent bg-transparent px-1 text-micro text-text placeholder:text-faint hover:border-line focus:border-line aria-invalid:border-bad"
          />
          <span className="truncate">{view.instrument.base}</span>
        </label>
        {view.notShown > 0 && (
          <span className="text-micro text-delayed" data-testid="not-shown">
            {countText(view.notShown)} not shown
          </span>
        )}
      </div>
      {lines.length === 0 ? (
        <PanelMessage title={leastLots > 0 ? `No trades of ${least} or more` : 'No trades yet'}>
          {leastLots > 0 ? 'Lower the filter to see smaller ones.' : 'The first one appears here.'}
        </PanelMessage>
      ) : (
        <div
          ref={scroller}
          role="grid"
          aria-label={`Trades of ${view.symbol}, newest first`}
          aria-rowcount={lines.length}
          tabIndex={0}
          className="min-h-0 flex-1 overflow-x-hidden overflow-y-auto"
          onPointerEnter={(event) => event.pointerType === 'mouse' && props.onHold(true)}
          onPointerLeave={() => top === 0 && props.onHold(false)}
          onScroll={(event) => {
            const at = event.currentTarget.scrollTop;
            if (at > 0 && top === 0) props.onHold(true);
            if (at === 0 && top > 0 && !event.currentTarget.matches(':hover')) props.onHold(false);
            setTop(at);
          }}
        >
          <div style={{ height: lines.length * rowHeight, paddingTop: first * rowHeight }}>
            {visible.map((line) =>
              'steps' in line ? (
                <BreakRow key="steps" testId="tape-steps" text={line.steps} />
              ) : 'from' in line ? (
                <BreakRow
                  key={`break ${line.from} ${line.to}`}
                  testId="tape-break"
                  text={`not recorded ${timeText(line.from, timeZone)} – ${timeText(line.to, timeZone)}`}
                />
              ) : (
                <TapeRow
                  key={keyOf(line)}
                  print={line.print}
                  instrument={line.instrument}
                  isBefore={line.isBefore}
                  tiers={line.isBefore ? NO_TIERS : tiers}
                  fit={fit}
                />
              ),
            )}
          </div>
        </div>
      )}
    </>
  );
}

/** Trades of an earlier life of the feed may have the same numbers. */
function keyOf({ print, isBefore, isEarlier }: Extract<TapeLine, { print: unknown }>) {
  if (isEarlier === true) return `earlier ${print.eventTime} ${print.sequence}`;
  return isBefore ? `before ${print.sequence}` : print.sequence;
}

/** What separates the trades below: the market changed its steps after them, or some are missing. */
function BreakRow({ testId, text }: { readonly testId: string; readonly text: string }) {
  return (
    <div
      role="row"
      data-testid={testId}
      className="flex h-[18px] items-center gap-2 px-2 text-micro text-delayed before:h-px before:flex-1 before:bg-delayed/40 after:h-px after:flex-1 after:bg-delayed/40"
    >
      <span role="gridcell" className="num whitespace-nowrap">
        {text}
      </span>
    </div>
  );
}

function useSteadyTiers(view: TapeView): SizeTiers {
  const kept = useRef<{ at: number; symbol: string; rows: number; tiers: SizeTiers } | undefined>(
    undefined,
  );
  const now = view.rows[0]?.eventTime ?? 0;
  const old = kept.current;
  const due =
    old === undefined ||
    old.symbol !== view.symbol ||
    Math.abs(now - old.at) > TIERS_MS ||
    // The first few prints say little about what is large.
    view.rows.length > old.rows * 2;
  if (due)
    kept.current = {
      at: now,
      symbol: view.symbol,
      rows: view.rows.length,
      tiers: sizeTiers(view.rows),
    };
  return kept.current?.tiers ?? [Infinity, Infinity, Infinity];
}

/** Lots bought against lots sold by aggressors, over the rows kept. */
function RatioBar({ view }: { readonly view: TapeView }) {
  const total = view.boughtLots + view.soldLots;
  const share = total === 0 ? 50 : (view.boughtLots / total) * 100;
  const text = (percent: number): string => (total === 0 ? '–' : `${percent.toFixed(0)}%`);
  return (
    <div
      className="flex h-6 shrink-0 items-center gap-2 border-b border-line px-2 text-micro"
      title={`Size bought and sold in the last ${view.rows.length} trades`}
    >
      <span className="num text-up-text">▲ {text(share)}</span>
      <span aria-hidden className={clsx('flex h-1 flex-1 gap-px', total === 0 && 'opacity-30')}>
        <span className="bg-up" style={{ width: `${share}%` }} />
        <span className="flex-1 bg-down" />
      </span>
      <span className="num text-down-text">{text(100 - share)} ▼</span>
    </div>
  );
}
