import type { MarketState } from '@tapedeck/market/instrument/instrument';
import type { Gap, GapReason } from '@tapedeck/market/instrument/session';

import { dateText, dayText, timeText } from './time-text.ts';
import type { TimeZoneChoice } from './time-zone.ts';

const REASONS: Readonly<Record<GapReason, string>> = {
  'upstream-gap': 'changes of the book were missing',
  'upstream-silent': 'the source went silent',
  'upstream-reset': 'the source started over or reconnected',
  checksum: 'the book did not match its checksum',
  crossed: 'the book was crossed',
  restart: 'the feed was not running',
  halt: 'trading was halted',
  delisted: 'the market had ended',
  'tick-size': 'the steps of prices or sizes changed',
  slow: 'the reader was too slow',
  seek: 'the replay moved to another moment',
  requested: 'a new snapshot was requested',
  'no-book': 'no book was recorded',
  'no-book-yet': 'no book was recorded yet',
  damaged: 'the recording is damaged here',
  overflow: 'the recorder could not keep up with the book',
  'trades-overflow': 'the recorder could not keep up with the trades',
  'trades-missing': 'the source did not have these trades',
  'too-large': 'a size was too large to be recorded',
};

/** A gap's reason in plain words. One of another version is shown as it was written. */
export function reasonText(reason: string): string {
  return (REASONS as Readonly<Record<string, string>>)[reason] ?? reason;
}

/** Both times, with their days if they are on two. */
function spanOf({ from, to }: Pick<Gap, 'from' | 'to'>, zone: TimeZoneChoice): string {
  const isOneDay = dateText(from, zone) === dateText(to, zone);
  const text = (time: number) =>
    isOneDay ? timeText(time, zone) : `${dayText(time, zone)} ${timeText(time, zone)}`;
  return `${text(from)}\u2013${text(to)}`;
}

export type ToldGap = Pick<Gap, 'from' | 'to'> & {
  /** Words of its own, or one of the feed's reasons. */
  readonly reason: string;
  /** What the market was instead, if it was recorded: halted, or `ok` but crossed. */
  readonly state?: MarketState | undefined;
  /** It has not ended. */
  readonly isOpen?: boolean | undefined;
};

/** `no data 10:03:05–10:04:10: the source went silent`; one that has not ended: `no data since 10:03:05: …`. */
export function gapText(gap: ToldGap, zone: TimeZoneChoice): string {
  const span = gap.isOpen === true ? `since ${timeText(gap.from, zone)}` : spanOf(gap, zone);
  if (gap.state === 'ok') return `crossed or locked book ${span}`;
  if (gap.state === 'halted') return `halted ${span}`;
  return `no data ${span}: ${reasonText(gap.reason)}`;
}
