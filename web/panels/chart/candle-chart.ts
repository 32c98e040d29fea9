/*
 * lightweight-charts behind the few methods that the panel needs. Prices go in as integer ticks and volumes as lots,
 * so that the axis shows exact text; times as seconds, as the library expects. The library throws on a point older
 * than its last one, and its redraws cost O(loaded bars): both are guarded here.
 */
import {
  CandlestickSeries,
  ColorType,
  createChart,
  createTextWatermark,
  CrosshairMode,
  HistogramSeries,
  TickMarkType,
  type IChartApi,
  type ISeriesApi,
  type ITextWatermarkPluginApi,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts';

import type { Instrument } from '@tapedeck/market/instrument/instrument';
import { INTERVAL_MS, type CandleInterval } from '@tapedeck/market/tape/candle';

import { compactSizeText, priceText } from '../../format/market-text.ts';
import { dayText, timeText, zonedTimeText } from '../../format/time-text.ts';
import { isMidnight, type TimeZoneChoice } from '../../format/time-zone.ts';
import { prependCandles, placeOf, type ChartCandle } from './candle-list.ts';
import { GapShading, type ChartGap } from './gap-shading.ts';

/** Redraws cost O(loaded bars): beyond this, no older history is fetched. */
const MAX_CANDLES = 20_000;
/** While following, the window is cut back to this many once it has grown by a fifth. */
const LIVE_CANDLES = 5_000;
/** Empty bars between the newest candle and the axis. */
const RIGHT_OFFSET = 6;
/** With fewer bars than this left of the view, the next older chunk is requested. */
const OLDER_MARGIN = 50;

export type CandleChartEvents = {
  readonly onNeedOlder: (before: number) => void;
  /** The candle under the crosshair, otherwise the newest. */
  readonly onLegend: (candle: ChartCandle | undefined) => void;
  readonly onFollow: (following: boolean) => void;
};

export class CandleChart {
  readonly #chart: IChartApi;
  readonly #price: ISeriesApi<'Candlestick'>;
  readonly #volume: ISeriesApi<'Histogram'>;
  readonly #watermark: ITextWatermarkPluginApi<Time>;
  readonly #gaps = new GapShading();
  readonly #events: CandleChartEvents;
  #candles: readonly ChartCandle[] = [];
  #zone: TimeZoneChoice;
  #tints = { up: '', down: '' };
  #hovering = false;
  #following = true;
  #complete = false;

  constructor(
    container: HTMLElement,
    grid: Pick<Instrument, 'tickSize' | 'lotSize'>,
    zone: TimeZoneChoice,
    events: CandleChartEvents,
  ) {
    this.#events = events;
    this.#zone = zone;
    this.#chart = createChart(container, {
      autoSize: true,
      layout: { attributionLogo: true, fontSize: 11, panes: { enableResize: true } },
      crosshair: { mode: CrosshairMode.Normal },
      rightPriceScale: { scaleMargins: { top: 0.12, bottom: 0.06 } },
      timeScale: {
        rightOffset: RIGHT_OFFSET,
        barSpacing: 7,
        minBarSpacing: 0.5,
        timeVisible: true,
      },
      localization: {
        timeFormatter: (time: Time) => zonedTimeText(Number(time) * 1_000, this.#zone),
      },
    });
    this.#price = this.#chart.addSeries(CandlestickSeries, {
      priceFormat: {
        type: 'custom',
        minMove: 1,
        formatter: (ticks: number) => priceText(Math.round(ticks), grid),
      },
      borderVisible: false,
    });
    this.#volume = this.#chart.addSeries(
      HistogramSeries,
      {
        priceFormat: {
          type: 'custom',
          minMove: 1,
          formatter: (lots: number) => compactSizeText(Math.round(lots), grid),
        },
        lastValueVisible: false,
        priceLineVisible: false,
      },
      1,
    );
    this.#chart.panes()[0]?.setStretchFactor(5);
    this.#chart.panes()[1]?.setStretchFactor(1);
    this.#volume.priceScale().applyOptions({ scaleMargins: { top: 0.1, bottom: 0 } });
    this.#price.attachPrimitive(this.#gaps);
    const [pane] = this.#chart.panes();
    if (pane === undefined) throw new Error('a chart without a pane');
    this.#watermark = createTextWatermark(pane, { visible: false, lines: [] });
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange(this.#onRange);
    this.#chart.subscribeCrosshairMove((move) => {
      const candle = move.time === undefined ? undefined : this.#at(Number(move.time) * 1_000);
      this.#hovering = candle !== undefined;
      this.#events.onLegend(candle ?? this.#candles.at(-1));
    });
    this.applyLook();
  }

  /** Replaces all candles and scrolls to the newest. */
  setCandles(candles: readonly ChartCandle[]): void {
    this.#candles = candles;
    this.#complete = false;
    this.#draw();
    this.scrollToLive();
    this.#events.onLegend(candles.at(-1));
  }

  /** Adds an older chunk in front; the view does not move. An empty chunk means there is no more. */
  prepend(older: readonly ChartCandle[]): void {
    const before = this.#candles.length;
    this.#candles = prependCandles(older, this.#candles, MAX_CANDLES);
    this.#complete = this.#candles.length === before || this.#candles.length >= MAX_CANDLES;
    if (this.#candles.length !== before) this.#draw();
  }

  /** Takes a live candle. One older than the last is dropped, as the library would throw. */
  update(candle: ChartCandle): void {
    const place = placeOf(this.#candles, candle);
    if (place === 'older') return;
    const kept = place === 'replace' ? this.#candles.slice(0, -1) : this.#candles;
    this.#candles = [...kept, candle];
    if (place === 'append' && this.#following && this.#candles.length > LIVE_CANDLES * 1.2) {
      this.#candles = this.#candles.slice(-LIVE_CANDLES);
      this.#complete = false;
      this.#draw();
    } else {
      this.#price.update(priceBar(candle));
      this.#volume.update(this.#volumeBar(candle));
    }
    if (!this.#hovering) this.#events.onLegend(candle);
  }

  /** In one step: the library's own scroll is animated, and any candle that arrives meanwhile stops it half way. */
  scrollToLive(): void {
    this.#chart.timeScale().scrollToPosition(RIGHT_OFFSET, false);
    this.#price.priceScale().setAutoScale(true);
  }

  setZone(zone: TimeZoneChoice, interval: CandleInterval): void {
    this.#zone = zone;
    const lengthMs = INTERVAL_MS[interval];
    this.#chart.applyOptions({
      timeScale: {
        secondsVisible: lengthMs < INTERVAL_MS['1m'],
        tickMarkFormatter: (time: Time, type: TickMarkType) => {
          const at = Number(time) * 1_000;
          // The library only knows UTC days; in another zone long candles seldom begin at midnight.
          const isDay =
            lengthMs >= INTERVAL_MS['4h']
              ? type <= TickMarkType.DayOfMonth
              : isMidnight(this.#zone, at);
          if (isDay) return dayText(at, this.#zone);
          const text = timeText(at, this.#zone);
          return type === TickMarkType.TimeWithSeconds ? text : text.slice(0, 5);
        },
      },
    });
  }

  setGaps(gaps: readonly ChartGap[]): void {
    this.#gaps.set(gaps);
  }

  /** Text across the chart for every state but live. */
  setWatermark(text: string | undefined, colour: string): void {
    this.#watermark.applyOptions({
      visible: text !== undefined,
      horzAlign: 'center',
      vertAlign: 'center',
      lines: [
        {
          text: text ?? '',
          color: `${variable(colour)}38`,
          fontSize: 44,
          fontStyle: '600',
          fontFamily: 'Inter Variable, sans-serif',
        },
      ],
    });
  }

  /** Reads the colours of the current theme and palette from the document. */
  applyLook(): void {
    const up = variable('--up');
    const down = variable('--down');
    this.#tints = { up: `${up}66`, down: `${down}66` };
    this.#chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: variable('--surface') },
        textColor: variable('--text-3'),
        fontFamily: "'JetBrains Mono Variable', monospace",
        panes: { separatorColor: variable('--line'), separatorHoverColor: variable('--raised') },
      },
      grid: {
        vertLines: { color: `${variable('--line')}55` },
        horzLines: { color: `${variable('--line')}55` },
      },
      crosshair: {
        vertLine: { color: variable('--text-3'), labelBackgroundColor: variable('--raised') },
        horzLine: { color: variable('--text-3'), labelBackgroundColor: variable('--raised') },
      },
      rightPriceScale: { borderColor: variable('--line') },
      timeScale: { borderColor: variable('--line') },
    });
    this.#price.applyOptions({
      upColor: up,
      downColor: down,
      wickUpColor: up,
      wickDownColor: down,
    });
    this.#gaps.setColours(variable('--text-3'), variable('--delayed'));
    if (this.#candles.length > 0) this.#draw();
  }

  remove(): void {
    this.#chart.timeScale().unsubscribeVisibleLogicalRangeChange(this.#onRange);
    this.#chart.remove();
  }

  #draw(): void {
    this.#price.setData(this.#candles.map(priceBar));
    this.#volume.setData(this.#candles.map((candle) => this.#volumeBar(candle)));
  }

  #volumeBar(candle: ChartCandle) {
    return {
      time: seconds(candle),
      value: candle.volume,
      color: candle.close >= candle.open ? this.#tints.up : this.#tints.down,
    };
  }

  #at(openTime: number): ChartCandle | undefined {
    let low = 0;
    let high = this.#candles.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const candle = this.#candles[middle];
      if (candle === undefined || candle.openTime === openTime) return candle;
      if (candle.openTime < openTime) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  readonly #onRange = (range: { readonly from: number; readonly to: number } | null): void => {
    if (range === null || this.#candles.length === 0) return;
    const following = range.to >= this.#candles.length - 1;
    if (following !== this.#following) {
      this.#following = following;
      // The library puts the last visible close on the axis: scrolled back, it would pass for the market's price.
      this.#price.applyOptions({ lastValueVisible: following });
      this.#events.onFollow(following);
    }
    const oldest = this.#candles[0];
    if (!this.#complete && range.from < OLDER_MARGIN && oldest !== undefined)
      this.#events.onNeedOlder(oldest.openTime);
  };
}

const seconds = (candle: ChartCandle): UTCTimestamp => (candle.openTime / 1_000) as UTCTimestamp;

function priceBar(candle: ChartCandle) {
  const { open, high, low, close } = candle;
  return { time: seconds(candle), open, high, low, close };
}

/** Value of a colour token: the canvas cannot read CSS variables. */
function variable(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() || '#888888';
}
