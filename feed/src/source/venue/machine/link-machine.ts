/*
 * The life of one place for a socket: it is dialled, serves, is replaced before its end, and comes back after a loss. One
 * table for all venues; it says what is to be done, the link does it.
 *
 *   idle ─▶ dialling ─▶ up ─▶ moving ─▶ bridging ─▶ up       make before break: the old socket serves until the new one
 *              │  ▲      │                                   has whole books
 *              ▼  │      ▼ lost
 *          back-off / banned
 */

export const LINK_STATES = [
  'idle',
  'dialling',
  'up',
  'moving',
  'bridging',
  'back-off',
  'banned',
] as const;
export type VenueLinkState = (typeof LINK_STATES)[number];

export const LINK_EVENTS = [
  /** There is something to subscribe; there is nothing any more. */
  'wanted',
  'unwanted',
  /** The socket that was dialled is open, or did not open, or the venue said to stay away. */
  'opened',
  'failed',
  'banned',
  /** The socket that serves ended, or was given up. */
  'lost',
  /** It is to be replaced: its time is over, or the venue or a silent stream asks for it. */
  'move',
  /** The replacement has all books; it takes too long. */
  'bridged',
  'late',
  /** The time to wait is over. */
  'due',
] as const;
export type VenueLinkEvent = (typeof LINK_EVENTS)[number];

export type VenueLinkAction =
  | 'dial'
  /** Dial in a while, longer after each failure; or when the ban is over. */
  | 'wait'
  | 'wait-for-ban'
  /** The socket that was dialled serves: subscribe. */
  | 'serve'
  /** It is a replacement: subscribe, and bridge. */
  | 'bridge'
  /** The replacement serves, the old one goes. */
  | 'adopt'
  | 'drop-replacement'
  | 'move-later'
  | 'tell-lost'
  | 'close';

export type VenueLinkStep = {
  readonly state: VenueLinkState;
  readonly actions: readonly VenueLinkAction[];
};

type Row = Readonly<Record<VenueLinkEvent, VenueLinkStep>>;

function stay(state: VenueLinkState): Row {
  const step: VenueLinkStep = { state, actions: [] };
  return Object.fromEntries(LINK_EVENTS.map((event) => [event, step])) as Row;
}

function to(state: VenueLinkState, ...actions: readonly VenueLinkAction[]): VenueLinkStep {
  return { state, actions };
}

const CLOSE = to('idle', 'close');

export const LINK_TABLE: Readonly<Record<VenueLinkState, Row>> = {
  idle: { ...stay('idle'), wanted: to('dialling', 'dial') },
  dialling: {
    ...stay('dialling'),
    unwanted: CLOSE,
    opened: to('up', 'serve'),
    failed: to('back-off', 'wait'),
    banned: to('banned', 'wait-for-ban'),
  },
  up: {
    ...stay('up'),
    unwanted: CLOSE,
    lost: to('back-off', 'tell-lost', 'wait'),
    move: to('moving', 'dial'),
  },
  moving: {
    ...stay('moving'),
    unwanted: CLOSE,
    opened: to('bridging', 'bridge'),
    failed: to('up', 'move-later'),
    banned: to('up', 'move-later'),
    late: to('up', 'drop-replacement', 'move-later'),
    // What is being dialled becomes the one that serves.
    lost: to('dialling', 'tell-lost'),
  },
  bridging: {
    ...stay('bridging'),
    unwanted: CLOSE,
    bridged: to('up', 'adopt'),
    failed: to('up', 'drop-replacement', 'move-later'),
    late: to('up', 'drop-replacement', 'move-later'),
    lost: to('up', 'tell-lost', 'adopt'),
  },
  'back-off': {
    ...stay('back-off'),
    unwanted: CLOSE,
    banned: to('banned', 'wait-for-ban'),
    due: to('dialling', 'dial'),
  },
  banned: { ...stay('banned'), unwanted: CLOSE, due: to('dialling', 'dial') },
};

export function linkStep(state: VenueLinkState, event: VenueLinkEvent): VenueLinkStep {
  return LINK_TABLE[state][event];
}
