'use client';
import { AlignVerticalJustifyCenter, Minus, Plus } from 'lucide-react';
import { useQueryState } from 'nuqs';
import { useRef } from 'react';

import { GROUP_STEPS, nextGroup } from '../../address/grouping.ts';
import { barsParser, groupParser } from '../../address/url-state.ts';
import { priceText } from '../../format/market-text.ts';
import { useElementSize } from '../../hooks/use-element-size.ts';
import { useKeys } from '../../hooks/use-keys.ts';
import { crossOf, useLadder } from '../../live/live.ts';
import { speak } from '../../shell/shell-signals.ts';
import { PanelMessage, Waiting } from '../../ui/panel-message.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { LadderBook, type BookHandle } from './ladder-book.tsx';

/** The ladder's own rate; shown beside the title, so that nobody takes it for every change. */
const LADDER_HZ = 10;
/** Rows per side before the panel has been measured; also the minimum when scrolling. */
const LEAST_ROWS = 25;

/** The book of one symbol: asks above, spread, bids below. */
export function LadderPanel({ symbol }: { readonly symbol: string }) {
  const [groupTicks, setGroup] = useQueryState('g', groupParser);
  const [bars, setBars] = useQueryState('bars', barsParser);
  const book = useRef<BookHandle>(null);
  const { ref: body, height, width } = useElementSize();
  // In steps of five: dragging the separator must not resubscribe at every pixel.
  const rows = Math.min(100, Math.max(LEAST_ROWS, Math.ceil(height / 18 / 2 / 5) * 5));
  const { value, state } = useLadder(symbol, { groupTicks, rows, rateHz: LADDER_HZ });
  const cross = crossOf(value?.bestBid?.[0], value?.bestAsk?.[0]);

  useKeys('bracketleft', () => void setGroup(nextGroup(groupTicks, -1)));
  useKeys('bracketright', () => void setGroup(nextGroup(groupTicks, 1)));
  useKeys('c', () => book.current?.centre());
  useKeys('b', () => {
    if (value === undefined || state.kind === 'no-book') {
      speak(`${symbol}: no book yet`);
      return;
    }
    const { bestBid, bestAsk, spreadTicks, instrument } = value;
    const crossed = cross === undefined ? '' : `, ${cross}`;
    const age =
      state.kind === 'live' || state.kind === 'quiet' || state.kind === 'replay'
        ? ''
        : `, ${state.kind}`;
    speak(
      `Best bid ${priceText(bestBid?.[0], instrument)}, best ask ${priceText(bestAsk?.[0], instrument)}, spread ${priceText(spreadTicks, instrument)}${crossed}${age}`,
    );
  });

  return (
    <Panel
      title="Ladder"
      state={state}
      cross={cross}
      testId="ladder"
      sequence={state.kind === 'no-book' ? undefined : value?.sequence}
      controls={
        <>
          <Stepper
            groupTicks={groupTicks}
            text={
              value === undefined ? `\u00d7${groupTicks}` : priceText(groupTicks, value.instrument)
            }
            onStep={(by) => void setGroup(nextGroup(groupTicks, by))}
          />
          <button
            type="button"
            className="control control-quiet control-small control-icon"
            aria-label="Centre the ladder"
            onClick={() => book.current?.centre()}
          >
            <AlignVerticalJustifyCenter size={12} aria-hidden />
          </button>
          <span className="label" title="How often the ladder is drawn">
            {LADDER_HZ} Hz
          </span>
          <Segmented
            label="Bars"
            value={bars}
            onChange={(value_) => void setBars(value_)}
            options={[
              { value: 'level', text: 'Lvl', hint: 'Bar of each level' },
              { value: 'cumulative', text: 'Cum', hint: 'Bar of the sum from the best price' },
              { value: 'both', text: 'Both', hint: 'Both bars' },
            ]}
          />
        </>
      }
    >
      <div ref={body} className="flex min-h-0 flex-1 flex-col">
        {/* The last book shown was that of another moment: it must not stay. */}
        {state.kind === 'no-book' ? (
          <NoBook symbol={symbol} mayCome={state.mayCome} />
        ) : value === undefined ? (
          <Waiting state={state} />
        ) : (
          <LadderBook
            ref={book}
            view={value}
            state={state}
            rows={rows}
            widthPx={width}
            bars={bars}
            symbol={symbol}
          />
        )}
      </div>
    </Panel>
  );
}

function NoBook(props: { readonly symbol: string; readonly mayCome: boolean }) {
  if (props.mayCome)
    return (
      <PanelMessage title="No book at this moment">
        The recording has none yet. Play or step forward.
      </PanelMessage>
    );
  return (
    <PanelMessage title="No book was recorded">
      The recording of {props.symbol} has no order book. The other panels show all that it has.
    </PanelMessage>
  );
}

function Stepper(props: {
  readonly groupTicks: number;
  readonly text: string;
  readonly onStep: (by: 1 | -1) => void;
}) {
  return (
    <div role="group" aria-label="Grouping" className="flex items-center">
      <button
        type="button"
        className="control control-quiet control-small control-icon"
        aria-label="Finer grouping"
        disabled={props.groupTicks === GROUP_STEPS[0]}
        onClick={() => props.onStep(-1)}
      >
        <Minus size={11} aria-hidden />
      </button>
      <span className="num min-w-8 text-center text-micro text-soft" data-testid="grouping">
        {props.text}
      </span>
      <button
        type="button"
        className="control control-quiet control-small control-icon"
        aria-label="Coarser grouping"
        disabled={props.groupTicks === GROUP_STEPS.at(-1)}
        onClick={() => props.onStep(1)}
      >
        <Plus size={11} aria-hidden />
      </button>
    </div>
  );
}
