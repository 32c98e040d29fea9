/* What happened to the links of one venue, and why: the last hundred events. */
import type { EpochMs } from '@tapedeck/market/number/level';

import type { VenueLinkEvent, VenueLinkState } from '../machine/link-machine.ts';

type LinkHappening =
  | 'dialling'
  | 'opened'
  | 'failed'
  | 'banned'
  | 'lost'
  | 'moving'
  | 'bridging'
  | 'moved'
  | 'not-moved'
  | 'resubscribed'
  | 'closed';

export type TimelineEvent = {
  readonly time: EpochMs;
  readonly link: number;
  readonly what: LinkHappening;
  readonly why: string;
  /** How often in a row; `time` is the last. */
  readonly count: number;
};

const KEPT = 100;

type Happenings = Readonly<Partial<Record<VenueLinkEvent, LinkHappening>>>;
const REPLACING: Happenings = {
  unwanted: 'closed',
  opened: 'bridging',
  bridged: 'moved',
  failed: 'not-moved',
  banned: 'not-moved',
  late: 'not-moved',
  lost: 'lost',
};
/** What an operator needs to see, by the state before the event. */
const HAPPENINGS: Readonly<Record<VenueLinkState, Happenings>> = {
  idle: { wanted: 'dialling' },
  dialling: { unwanted: 'closed', opened: 'opened', failed: 'failed', banned: 'banned' },
  up: { unwanted: 'closed', lost: 'lost', move: 'moving' },
  moving: REPLACING,
  bridging: REPLACING,
  'back-off': { unwanted: 'closed' },
  banned: { unwanted: 'closed' },
};

export class LinkTimeline {
  #events: TimelineEvent[] = [];

  /** Oldest first. */
  get events(): readonly TimelineEvent[] {
    return this.#events;
  }

  step(
    time: EpochMs,
    link: number,
    from: VenueLinkState,
    event: VenueLinkEvent,
    why: string,
  ): void {
    const what = HAPPENINGS[from][event];
    if (what !== undefined) this.add({ time, link, what, why: isCaused(what) ? why : '' });
  }

  /** A failure that repeats is one entry, so that a long outage does not push out what came before it. */
  add(event: Omit<TimelineEvent, 'count'>): void {
    const at = this.#events.findLastIndex(({ link }) => link === event.link);
    const last = this.#events[at];
    const isAgain = last?.what === event.what && last.why === event.why;
    if (isAgain) this.#events.splice(at, 1);
    this.#events.push({ ...event, count: isAgain ? last.count + 1 : 1 });
    if (this.#events.length > KEPT) this.#events.shift();
  }
}

function isCaused(what: LinkHappening): boolean {
  return !['dialling', 'opened', 'bridging', 'moved', 'closed'].includes(what);
}
