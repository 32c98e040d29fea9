/* Behind the candles: hatched gaps, and the seam where the venue's own candles end and the feed's begin. */
import type {
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  Time,
} from 'lightweight-charts';

import type { EpochMs } from '@tapedeck/market/number/level';

import type { ChartGap } from './chart-gap.ts';

type Target = Parameters<IPrimitivePaneRenderer['draw']>[0];
type Canvas = CanvasRenderingContext2D;
type Span = { readonly gap: ChartGap; readonly left: number; readonly right: number };

const HATCH_STEP_PX = 6;
const CROSSED_PX = 3;
/** A gap is drawn at least this wide, and found by the crosshair within a little more. */
const LEAST_PX = 3;
const REACH_PX = 2;
/** A side of the seam with less room than its words has none. */
const LABEL_ROOM_PX = 100;

/** Where a time is on the axis, counted in bars; undefined if no bar is loaded. */
export type PlaceOf = (time: EpochMs, isBeyond: boolean) => number | undefined;

export class GapShading implements ISeriesPrimitive<Time> {
  readonly #place: PlaceOf;
  #gaps: readonly ChartGap[] = [];
  #seam: EpochMs | undefined;
  #colour = '#888888';
  #mark = '#888888';
  #attached: SeriesAttachedParameter<Time> | undefined;
  readonly #views: readonly IPrimitivePaneView[] = [
    { zOrder: () => 'bottom', renderer: () => ({ draw: (target) => this.#draw(target) }) },
  ];

  constructor(place: PlaceOf) {
    this.#place = place;
  }

  attached(parameter: SeriesAttachedParameter<Time>): void {
    this.#attached = parameter;
  }

  detached(): void {
    this.#attached = undefined;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.#views;
  }

  set(gaps: readonly ChartGap[]): void {
    this.#gaps = gaps;
    this.#attached?.requestUpdate();
  }

  /** Open time of the feed's own first candle after the venue's. */
  setSeam(seam: EpochMs | undefined): void {
    if (seam === this.#seam) return;
    this.#seam = seam;
    this.#attached?.requestUpdate();
  }

  /** `colour` is for hatches and the seam, `mark` for halted and crossed periods. */
  setColours(colour: string, mark: string): void {
    this.#colour = colour;
    this.#mark = mark;
    this.#attached?.requestUpdate();
  }

  /** The gap drawn at that place of the pane, in CSS pixels; of several, the one without data. */
  at(x: number): ChartGap | undefined {
    const found = [...this.#spans()]
      .filter(({ left, right }) => x >= left - REACH_PX && x <= right + REACH_PX)
      .map(({ gap }) => gap);
    return found.find(({ state }) => state !== 'ok' && state !== 'halted') ?? found[0];
  }

  *#spans(): Generator<Span> {
    const x = this.#axis();
    if (x === undefined) return;
    const first = this.#place(0, false) ?? 0;
    for (const gap of this.#gaps) {
      const end = this.#place(gap.to, gap.isOpen === true);
      const begin = this.#place(gap.from, gap.isOpen === true);
      // Before the oldest candle nothing is drawn: at the first bar it would pass for a gap there.
      if (begin === undefined || end === undefined || end <= first) continue;
      yield { gap, left: x(begin), right: Math.max(x(end), x(begin) + LEAST_PX) };
    }
  }

  /** From bars to pixels; the library itself answers for whole bars only. */
  #axis(): ((bars: number) => number) | undefined {
    const scale = this.#attached?.chart.timeScale();
    const zero = scale?.logicalToCoordinate(0 as never);
    const one = scale?.logicalToCoordinate(1 as never);
    if (typeof zero !== 'number' || typeof one !== 'number') return undefined;
    return (bars) => zero + bars * (one - zero);
  }

  #draw(target: Target): void {
    if (this.#gaps.length === 0 && this.#seam === undefined) return;
    target.useMediaCoordinateSpace(({ context, mediaSize: { width, height } }) => {
      context.save();
      context.strokeStyle = this.#colour;
      context.lineWidth = 1;
      for (const { gap, left, right } of this.#spans()) {
        if (right < 0 || left > width) continue;
        const [from, to] = [Math.max(-LEAST_PX, left), Math.min(width + LEAST_PX, right)];
        if (gap.state === 'halted' || gap.state === 'ok') {
          const tall = gap.state === 'ok' ? CROSSED_PX : height;
          context.fillStyle = this.#mark;
          context.globalAlpha = gap.state === 'ok' ? 0.7 : 0.16;
          context.fillRect(from, height - tall, to - from, tall);
        } else hatch(context, from, to, height);
      }
      this.#drawSeam(context, width, height);
      context.restore();
    });
  }

  #drawSeam(context: Canvas, width: number, height: number): void {
    const place = this.#seam === undefined ? undefined : this.#place(this.#seam, false);
    const axis = this.#axis();
    if (place === undefined || axis === undefined) return;
    const x = Math.round(axis(place - 0.5)) + 0.5;
    if (x < 0 || x > width) return;
    context.globalAlpha = 0.8;
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height);
    context.stroke();
    context.fillStyle = this.#colour;
    context.globalAlpha = 1;
    context.font = "10px 'Inter Variable', sans-serif";
    context.textBaseline = 'bottom';
    context.textAlign = 'right';
    if (x > LABEL_ROOM_PX) context.fillText('\u25c2 from the venue', x - 5, height - 4);
    context.textAlign = 'left';
    if (width - x > LABEL_ROOM_PX) context.fillText('recorded here \u25b8', x + 5, height - 4);
  }
}

function hatch(context: Canvas, left: number, right: number, height: number): void {
  context.save();
  context.globalAlpha = 0.35;
  context.beginPath();
  context.rect(left, 0, right - left, height);
  context.clip();
  context.beginPath();
  for (let at = left - height; at < right; at += HATCH_STEP_PX) {
    context.moveTo(at, height);
    context.lineTo(at + height, 0);
  }
  context.stroke();
  context.restore();
}
