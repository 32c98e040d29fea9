/*
 * The states of one link: its socket is dialled, serves, is replaced before it expires, and is dialled again after a
 * loss. One table for all venues. It decides; `VenueLink` acts.
 *
 *   idle ─▶ dialling ─▶ up ─▶ moving ─▶ bridging ─▶ up       make before break: the old socket serves until the new one
 *              │  ▲      │                                   has complete books
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
  /** There are streams to subscribe; there are none left. */
  'wanted',
  'unwanted',
  /** The dialled socket opened, failed to open, or was refused with a ban. */
  'opened',
  'failed',
  'banned',
  /** The serving socket ended or was given up. */
  'lost',
  /**
   * The socket must be replaced: it is near its maximum age, a postponed replacement is due, or the venue ends it.
   */
  'move',
  /** The replacement has all books; it is taking too long. */
  'bridged',
  'late',
  /** The wait is over. */
  'due',
] as const;
export type VenueLinkEvent = (typeof LINK_EVENTS)[number];

export type VenueLinkAction =
  | 'dial'
  /** Wait before dialling, longer after each failure; or until the ban ends. */
  | 'wait'
  | 'wait-for-ban'
  /** The dialled socket serves now: subscribe. */
  | 'serve'
  /** The dialled socket is a replacement: subscribe, and bridge the books. */
  | 'bridge'
  /** The replacement serves; close the old socket. */
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
    // The replacement being dialled becomes the serving socket.
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
