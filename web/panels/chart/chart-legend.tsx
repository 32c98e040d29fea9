'use client';
import clsx from 'clsx';
import { useImperativeHandle, useRef, type Ref } from 'react';

import type { Instrument } from '@tapedeck/market/instrument/instrument';

import { gapText } from '../../format/gap-text.ts';
import { changeOf, compactSizeText, percentText, priceText } from '../../format/market-text.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import type { ChartCandle } from './candle-list.ts';
import type { ChartGap } from './chart-gap.ts';

export type LegendHandle = {
  readonly show: (candle: ChartCandle | undefined, gap: ChartGap | undefined) => void;
};

const FIELDS = ['O', 'H', 'L', 'C', 'Δ', 'V'] as const;
/** Left out on a low screen, whose chart has no room for a second line. */
const FULL_ONLY: ReadonlySet<string> = new Set(['O', 'H', 'L', 'V']);

/**
 * Open, high, low, close, change and volume of one candle, whether the venue told it, and what a gap there is. Written
 * directly to the DOM: it follows the mouse.
 */
export function Legend(props: {
  readonly ref: Ref<LegendHandle>;
  readonly instrument: Instrument;
}) {
  const { instrument } = props;
  const { timeZone } = useSettings();
  const figures = useRef<HTMLDListElement>(null);
  const venue = useRef<HTMLSpanElement>(null);
  const hole = useRef<HTMLSpanElement>(null);
  useImperativeHandle(
    props.ref,
    () => ({
      show(candle, gap) {
        const list = figures.current;
        if (list === null || venue.current === null || hole.current === null) return;
        venue.current.hidden = candle?.source === undefined;
        hole.current.hidden = gap === undefined;
        hole.current.textContent = gap === undefined ? '' : gapText(gap, timeZone);
        list.hidden = candle === undefined;
        if (candle === undefined) return;
        const texts = [
          priceText(candle.open, instrument),
          priceText(candle.high, instrument),
          priceText(candle.low, instrument),
          priceText(candle.close, instrument),
          percentText(changeOf(candle.close, candle.open)),
          compactSizeText(candle.volume, instrument),
        ];
        list.querySelectorAll('dd').forEach((cell, index) => {
          cell.textContent = texts[index] ?? '';
          cell.style.color =
            index > 4 ? '' : candle.close >= candle.open ? 'var(--up-text)' : 'var(--down-text)';
        });
      },
    }),
    [instrument, timeZone],
  );
  return (
    <div
      data-testid="chart-legend"
      className="pointer-events-none absolute top-1.5 right-20 left-2 z-[3] flex flex-wrap gap-x-2.5 text-micro"
    >
      <dl ref={figures} hidden className="contents [&[hidden]]:hidden">
        {FIELDS.map((field) => (
          <div
            key={field}
            className={clsx(
              'flex gap-1',
              FULL_ONLY.has(field) && '[@media(max-height:480px)]:hidden',
            )}
          >
            <dt className="text-faint">{field}</dt>
            <dd className="num" />
          </div>
        ))}
      </dl>
      <span ref={venue} hidden data-testid="candle-source" className="text-soft">
        from the venue
      </span>
      <span ref={hole} hidden data-testid="gap-words" className="basis-full text-text" />
    </div>
  );
}
