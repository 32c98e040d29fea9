'use client';
import { useQuery } from '@tanstack/react-query';

import type { EpochMs } from '@tapedeck/market/number/level';

import { gapText } from '../../format/gap-text.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import { statesQuery } from '../../queries/states.ts';

/** Halts and crossed books of the market shown, over the whole session; its gaps are hatched beside them. */
export function StateBands(props: {
  readonly session: {
    readonly id: string;
    readonly from: EpochMs;
    readonly to: EpochMs;
    readonly open: boolean;
  };
  readonly symbol: string;
}) {
  const { id, from, to, open } = props.session;
  const { data = [] } = useQuery(statesQuery(id, props.symbol, open));
  const { timeZone } = useSettings();
  const share = (ms: number) => `${(ms / Math.max(1, to - from)) * 100}%`;
  const bands = data.filter((band) => band.state === 'halted' || band.crossed);
  return bands.map((band) => (
    <span
      key={band.from}
      title={gapText(band, timeZone)}
      data-testid={`band-${band.state === 'halted' ? 'halted' : 'crossed'}`}
      className={
        band.state === 'halted'
          ? 'absolute inset-y-1 min-w-0.5 border-t-2 border-delayed bg-delayed/20'
          : 'absolute bottom-1 h-1 min-w-0.5 bg-delayed/70'
      }
      style={{ left: share(Math.max(0, band.from - from)), width: share(band.to - band.from) }}
    />
  ));
}
