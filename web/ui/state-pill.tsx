'use client';
import clsx from 'clsx';

import { stateText, type StateTone } from '../format/state-text.ts';
import { useSettings } from '../hooks/use-settings.ts';
import { useNow, type DataState } from '../live/live.ts';

const LOOK: Readonly<Record<StateTone, string>> = {
  calm: 'text-faint',
  waiting: 'text-faint',
  delayed: 'text-delayed',
  stale: 'text-text bg-raised border-faint',
  bad: 'text-bad border-bad',
  replay: 'text-replay',
};

/** `STALE 00:12`, `DELAYED 3.4s`, `REPLAY 14:03:22`: characters that are always shown. */
const WHOLE_UP_TO = 15;

/** The state of a panel's data, in words. Colour repeats what the words say. */
export function StatePill({ state }: { readonly state: DataState }) {
  const now = useNow();
  const { timeZone } = useSettings();
  const { text, tone, detail } = stateText(state, now, timeZone);
  return (
    <span
      title={detail}
      data-testid="state-pill"
      className={clsx(
        'num inline-block h-[18px] min-w-0 truncate rounded-sm border border-transparent px-1 text-micro leading-4',
        // An age that is cut off would hide how old the data is; only a long story may be shortened.
        text.length <= WHOLE_UP_TO && 'shrink-0',
        LOOK[tone],
      )}
    >
      {text}
    </span>
  );
}
