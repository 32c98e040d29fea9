import type { ImpactBody } from '@tapedeck/market/wire/http';

import { ABSENT, styled } from '../../format/number-style.ts';

export const HORIZONS = ['1s', '10s', '1m', '5m'] as const;
export type Horizon = (typeof HORIZONS)[number];

/** One cell: its text, its direction, and whether the move exceeds the range of the minute before. */
export type MoveCell = {
  readonly text: string;
  readonly direction: -1 | 0 | 1;
  readonly isLoud: boolean;
  readonly hint: string;
};

/** `+12.4`, `−3`, `…` while the horizon is in the future, `gap` if no trades were recorded. */
export function moveCell({ moves, noiseBp }: ImpactBody, horizon: Horizon): MoveCell {
  const move = moves[horizon];
  const quiet = { direction: 0, isLoud: false } as const;
  if (!('bp' in move))
    return move.state === 'pending'
      ? { ...quiet, text: '…', hint: 'This time is still to come' }
      : { ...quiet, text: 'gap', hint: 'No trades were recorded then' };
  const direction = Math.sign(move.bp) as -1 | 0 | 1;
  const size = Math.abs(move.bp);
  const digits = styled(size.toFixed(size < 10 ? 1 : 0));
  const sign = direction > 0 ? '+' : direction < 0 ? '−' : '';
  const noise = noiseBp === null ? ABSENT : styled(noiseBp.toFixed(1));
  return {
    text: `${sign}${digits}`,
    direction,
    isLoud: noiseBp !== null && size > noiseBp,
    hint: `${sign}${styled(size.toFixed(2))} bp; the minute before had a range of ${noise} bp`,
  };
}
