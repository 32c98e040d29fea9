import type {
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  Time,
  UTCTimestamp,
} from 'lightweight-charts';

import type { MarketState } from '@tapedeck/market/instrument/instrument';
import type { EpochMs } from '@tapedeck/market/number/level';

/**
 * A period without data, hatched so that a gap never looks like a calm market; or, by its `state`, one in which the
 * market was halted (filled) or only crossed (a line at the bottom).
 */
export type ChartGap = {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly state?: MarketState | undefined;
};

type Target = Parameters<IPrimitivePaneRenderer['draw']>[0];

const HATCH_STEP_PX = 6;
const CROSSED_PX = 3;

/** Hatches gaps behind the candles, from the last bar before a gap to the first after it. */
export class GapShading implements ISeriesPrimitive<Time> {
  #gaps: readonly ChartGap[] = [];
  #colour = '#888888';
  #mark = '#888888';
  #attached: SeriesAttachedParameter<Time> | undefined;
  readonly #views: readonly IPrimitivePaneView[] = [
    { zOrder: () => 'bottom', renderer: () => ({ draw: (target) => this.#draw(target) }) },
  ];

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

  /** `colour` is for hatches, `mark` for halted and crossed periods. */
  setColours(colour: string, mark: string): void {
    this.#colour = colour;
    this.#mark = mark;
    this.#attached?.requestUpdate();
  }

  #draw(target: Target): void {
    const scale = this.#attached?.chart.timeScale();
    if (scale === undefined || this.#gaps.length === 0) return;
    const x = (time: EpochMs): number | undefined => {
      const index = scale.timeToIndex(Math.floor(time / 1_000) as UTCTimestamp, true);
      return index === null ? undefined : (scale.logicalToCoordinate(index as never) ?? undefined);
    };
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      context.save();
      context.strokeStyle = this.#colour;
      context.globalAlpha = 0.35;
      context.lineWidth = 1;
      for (const gap of this.#gaps) {
        const left = x(gap.from);
        const right = x(gap.to);
        if (left === undefined || right === undefined || right < 0 || left > mediaSize.width)
          continue;
        const width = Math.max(3, right - left);
        if (gap.state === 'halted' || gap.state === 'ok') {
          const height = gap.state === 'ok' ? CROSSED_PX : mediaSize.height;
          context.fillStyle = this.#mark;
          context.globalAlpha = gap.state === 'ok' ? 0.7 : 0.16;
          context.fillRect(left, mediaSize.height - height, width, height);
          context.globalAlpha = 0.35;
          continue;
        }
        context.save();
        context.beginPath();
        context.rect(left, 0, width, mediaSize.height);
        context.clip();
        context.beginPath();
        for (let at = left - mediaSize.height; at < left + width; at += HATCH_STEP_PX) {
          context.moveTo(at, mediaSize.height);
          context.lineTo(at + mediaSize.height, 0);
        }
        context.stroke();
        context.restore();
      }
      context.restore();
    });
  }
}
