'use client';
import type { EpochMs } from '@tapedeck/market/number/level';

import { gapText } from '../../format/gap-text.ts';
import { zonedTimeText } from '../../format/time-text.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import type { ChartGap } from './chart-gap.ts';

/** More would be a list to sit through: the newest are read. */
const READ_GAPS = 5;

/** What the canvas shows besides prices, for screen readers: whose candles they are, and the gaps. */
export function ChartSummary(props: {
  readonly gaps: readonly ChartGap[];
  /** Open time of the first candle after the venue's own. */
  readonly seam: EpochMs | undefined;
}) {
  const { gaps, seam } = props;
  const { timeZone } = useSettings();
  const read = gaps.slice(-READ_GAPS);
  return (
    <div className="sr-only" data-testid="chart-summary">
      {seam !== undefined && (
        <p>{`Candles before ${zonedTimeText(seam, timeZone)} are from the venue, later ones were recorded here.`}</p>
      )}
      {read.length > 0 && (
        <ul aria-label={gaps.length > read.length ? 'The newest gaps' : 'Gaps'}>
          {read.map((gap) => (
            <li key={`${gap.from}:${gap.reason}`}>{gapText(gap, timeZone)}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
