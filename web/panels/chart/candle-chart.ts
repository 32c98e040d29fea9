/*
 * lightweight-charts behind the few methods that the panel needs. Prices go in as integer ticks and volumes as lots,
 * so that the axis shows exact text; times as seconds, as the library expects. The library throws on a point older
 * than its last one, and its redraws cost O(loaded bars): both are guarded here.
 */
import {
  CandlestickSeries,
  ColorType,
  createChart,
  CrosshairMode,
  HistogramSeries,
  TickMarkType,
  type IChartApi,
  type ISeriesApi,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts';

import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { EpochMs } from '@tapedeck/market/number/level';
import { INTERVAL_MS, type CandleInterval } from '@tapedeck/market/tape/candle';

import { compactSizeText, priceText } from '../../format/market-text.ts';
import { dayText, timeText, zonedTimeText } from '../../format/time-text.ts';
import { isMidnight, type TimeZoneChoice } from '../../format/time-zone.ts';
import {
  indexAt,
  placeAt,
  placeOf,
  prependCandles,
  seamOf,
  type ChartCandle,
} from './candle-list.ts';
import type { ChartGap } from './chart-gap.ts';
import { GapShading } from './gap-shading.ts';

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
  /** The candle and the gap under the crosshair; otherwise the newest candle, and the gap that goes on now. */
  readonly onLegend: (candle: ChartCandle | undefined, gap: ChartGap | undefined) => void;
  /** Open time of the first candle after the venue's own. */
  readonly onSeam: (seam: EpochMs | undefined) => void;
  readonly onFollow: (following: boolean) => void;
};

export class CandleChart {
  readonly #chart: IChartApi;
  readonly #price: ISeriesApi<'Candlestick'>;
  readonly #volume: ISeriesApi<'Histogram'>;
  readonly #shading = new GapShading((time, isBeyond) =>
    placeAt(this.#candles, time, this.#lengthMs, isBeyond),
  );
  readonly #events: CandleChartEvents;
  #candles: readonly ChartCandle[] = [];
  #gaps: readonly ChartGap[] = [];
  #seam: EpochMs | undefined;
  #zone: TimeZoneChoice;
  #lengthMs: number = INTERVAL_MS['1m'];
  #tints = { up: '', down: '' };
  /** Of the venue's candles: body and wick, and volume. */
  #faint = { up: '', down: '', upVolume: '', downVolume: '' };
  #crosshair: { readonly time: EpochMs | undefined; readonly x: number } | undefined;
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
    this.#price.attachPrimitive(this.#shading);
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange(this.#onRange);
    this.#chart.subscribeCrosshairMove((move) => {
      const time = move.time === undefined ? undefined : Number(move.time) * 1_000;
      this.#crosshair = move.point === undefined ? undefined : { time, x: move.point.x };
      this.#tellLegend();
    });
    this.applyLook();
  }

  /** Replaces all candles and scrolls to the newest. */
  setCandles(candles: readonly ChartCandle[]): void {
    this.#candles = candles;
    this.#complete = false;
    this.#draw();
    this.scrollToLive();
    this.#tellLegend();
  }

  /** Adds an older chunk in front; the view does not move. An empty chunk means there is no more. */
  prepend(older: readonly ChartCandle[]): void {
    const before = this.#candles.length;
    this.#candles = prependCandles(older, this.#candles, MAX_CANDLES);
    this.#complete = this.#candles.length === before || this.#candles.length >= MAX_CANDLES;
    if (this.#candles.length !== before) this.#draw();
  }

  /** Takes a live candle. One older than the last is dropped, as the library would throw. */
  update(update: ChartCandle): void {
    const place = placeOf(this.#candles, update);
    if (place === 'older') return;
    const kept = place === 'replace' ? this.#candles.slice(0, -1) : this.#candles;
    // One that the venue began stays, in part, the venue's.
    const { source } = (place === 'replace' ? this.#candles.at(-1) : undefined) ?? update;
    const candle = { ...update, source };
    this.#candles = [...kept, candle];
    if (place === 'append' && this.#following && this.#candles.length > LIVE_CANDLES * 1.2) {
      this.#candles = this.#candles.slice(-LIVE_CANDLES);
      this.#complete = false;
      this.#draw();
    } else {
      this.#price.update(this.#priceBar(candle));
      this.#volume.update(this.#volumeBar(candle));
      if (place === 'append') this.#tellSeam();
    }
    this.#tellLegend();
  }

  /** In one step: the library's own scroll is animated, and any candle that arrives meanwhile stops it half way. */
  scrollToLive(): void {
    this.#chart.timeScale().scrollToPosition(RIGHT_OFFSET, false);
    this.#price.priceScale().setAutoScale(true);
  }

  setZone(zone: TimeZoneChoice, interval: CandleInterval): void {
    this.#zone = zone;
    const lengthMs = INTERVAL_MS[interval];
    this.#lengthMs = lengthMs;
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
    this.#gaps = gaps;
    this.#shading.set(gaps);
    this.#tellLegend();
  }

  /** Reads the colours of the current theme and palette from the document. */
  applyLook(): void {
    const up = variable('--up');
    const down = variable('--down');
    this.#tints = { up: `${up}66`, down: `${down}66` };
    this.#faint = {
      up: `${up}73`,
      down: `${down}73`,
      upVolume: `${up}2e`,
      downVolume: `${down}2e`,
    };
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
    this.#shading.setColours(variable('--text-3'), variable('--delayed'));
    if (this.#candles.length > 0) this.#draw();
  }

  remove(): void {
    this.#chart.timeScale().unsubscribeVisibleLogicalRangeChange(this.#onRange);
    this.#chart.remove();
  }

  #draw(): void {
    this.#price.setData(this.#candles.map((candle) => this.#priceBar(candle)));
    this.#volume.setData(this.#candles.map((candle) => this.#volumeBar(candle)));
    this.#tellSeam();
  }

  #tellSeam(): void {
    const seam = seamOf(this.#candles);
    this.#shading.setSeam(seam);
    if (seam !== this.#seam) this.#events.onSeam(seam);
    this.#seam = seam;
  }

  #tellLegend(): void {
    const pointed = this.#crosshair;
    const gap =
      pointed === undefined ? this.#gaps.find(({ isOpen }) => isOpen) : this.#shading.at(pointed.x);
    const candle = pointed?.time === undefined ? undefined : this.#at(pointed.time);
    this.#events.onLegend(candle ?? this.#candles.at(-1), gap);
  }

  /** The venue's own are dimmed, each by colours of its own: the series has one look for all. */
  #priceBar(candle: ChartCandle) {
    const { open, high, low, close } = candle;
    const bar = { time: seconds(candle), open, high, low, close };
    if (candle.source === undefined) return bar;
    const color = close >= open ? this.#faint.up : this.#faint.down;
    return { ...bar, color, wickColor: color };
  }

  #volumeBar(candle: ChartCandle) {
    const isUp = candle.close >= candle.open;
    const own = isUp ? this.#tints.up : this.#tints.down;
    const venues = isUp ? this.#faint.upVolume : this.#faint.downVolume;
    return {
      time: seconds(candle),
      value: candle.volume,
      color: candle.source === undefined ? own : venues,
    };
  }

  #at(openTime: number): ChartCandle | undefined {
    const candle = this.#candles[indexAt(this.#candles, openTime)];
    return candle?.openTime === openTime ? candle : undefined;
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

/** Value of a colour token: the canvas cannot read CSS variables. */
function variable(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() || '#888888';
}
