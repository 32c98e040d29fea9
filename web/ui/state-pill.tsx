'use client';
import clsx from 'clsx';

import { bookStateText, type StateTone } from '../format/state-text.ts';
import { useSettings } from '../hooks/use-settings.ts';
import { useEventStream, useMonotonic, type Cross, type DataState } from '../live/live.ts';

const LOOK: Readonly<Record<StateTone, string>> = {
  calm: 'text-faint',
  waiting: 'text-faint',
  delayed: 'text-delayed',
  stale: 'text-text bg-raised border-faint',
  bad: 'text-bad border-bad',
  replay: 'text-replay',
};

/** What fits in a phone's table beside the other columns: `STALE 00:12`, `LIVE 0.3s`. */
const ONE_LINE_UP_TO = 11;

/** The state of a panel's data, in words. Colour repeats what they say. */
export function StatePill(props: {
  readonly state: DataState;
  /** Of the best prices shown beside it. */
  readonly cross?: Cross | undefined;
  /** On a phone a long state takes two lines: the state, and its age below. */
  readonly wraps?: boolean;
}) {
  const { state, wraps = false } = props;
  const now = useMonotonic();
  const { timeZone } = useSettings();
  const { chaos } = useEventStream();
  const words = bookStateText(state, props.cross, now, timeZone);
  const { tone, detail } = words;
  // While faults are injected nothing says LIVE (2c of the protocol): only the age remains.
  const text = chaos === true ? words.text.replace(/^LIVE /, '') : words.text;
  return (
    <span
      title={detail}
      data-testid="state-pill"
      className={clsx(
        'num block h-[18px] w-fit shrink-0 rounded-sm border border-transparent px-1 text-micro leading-4 whitespace-nowrap',
        // A clipped age would hide how old the data is.
        wraps &&
          text.length > ONE_LINE_UP_TO &&
          'max-sm:h-auto max-sm:w-min max-sm:leading-3 max-sm:whitespace-normal',
        LOOK[tone],
      )}
    >
      {text}
    </span>
  );
}
