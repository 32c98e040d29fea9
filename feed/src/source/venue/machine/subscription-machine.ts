/*
 * The life of one book: subscribed, bridged from its snapshot, live, behind, and healed alone, without a word to any
 * other. `ok` is said on the way into `live` and nowhere else.
 *
 *   waiting ─▶ subscribing ─▶ bridging ─▶ live ◀──▶ stale
 *      ▲            ▲             ▲         │ gap     │ for too long
 *      └─ unlinked ─┴── deadline ─┴─────────┴─────────┘
 */

export const SUBSCRIPTION_STATES = ['waiting', 'subscribing', 'bridging', 'live', 'stale'] as const;
export type SubscriptionState = (typeof SUBSCRIPTION_STATES)[number];

export const SUBSCRIPTION_EVENTS = [
  /** Its socket is open and subscribed; it is gone. */
  'linked',
  'unlinked',
  /** A change came that there is no book for yet. */
  'data',
  /** There is a whole book. */
  'began',
  /** A change is missing, or a checksum is wrong. */
  'gap',
  /** Nothing came for too long, or what comes is old; it is up to date. */
  'behind',
  'fresh',
  /** The time for the first data, for the snapshot or for coming back is over. */
  'deadline',
] as const;
export type SubscriptionEvent = (typeof SUBSCRIPTION_EVENTS)[number];

export type SubscriptionAction =
  | 'arm'
  | 'disarm'
  /** Ask for a snapshot. */
  | 'fetch'
  /** Begin anew on the same socket: by a snapshot, or by subscribing again where that brings one. */
  | 'resync'
  /** Subscribe again, on another socket. */
  | 'elsewhere'
  | 'say-begun'
  | 'say-ok'
  | 'say-behind'
  | 'say-lost'
  | 'say-gap'
  /** Forget the book and what waits for it. */
  | 'forget';

export type SubscriptionStep = {
  readonly state: SubscriptionState;
  readonly actions: readonly SubscriptionAction[];
};

type Row = Readonly<Record<SubscriptionEvent, SubscriptionStep>>;

function stay(state: SubscriptionState): Row {
  const step: SubscriptionStep = { state, actions: [] };
  return Object.fromEntries(SUBSCRIPTION_EVENTS.map((event) => [event, step])) as Row;
}

function to(state: SubscriptionState, ...actions: readonly SubscriptionAction[]): SubscriptionStep {
  return { state, actions };
}

const LOST = to('waiting', 'disarm', 'forget', 'say-lost');
const ELSEWHERE = to('subscribing', 'forget', 'say-lost', 'elsewhere', 'arm');
const BEGUN = to('live', 'disarm', 'say-begun');
const GAP = to('bridging', 'say-gap', 'resync', 'arm');

export const SUBSCRIPTION_TABLE: Readonly<Record<SubscriptionState, Row>> = {
  waiting: { ...stay('waiting'), linked: to('subscribing', 'arm') },
  subscribing: {
    ...stay('subscribing'),
    unlinked: LOST,
    data: to('bridging', 'fetch', 'arm'),
    began: BEGUN,
    gap: GAP,
    deadline: ELSEWHERE,
  },
  bridging: {
    ...stay('bridging'),
    unlinked: LOST,
    // As long as changes come the socket is well: only the snapshot is late.
    data: to('bridging', 'fetch', 'arm'),
    began: BEGUN,
    gap: GAP,
    deadline: ELSEWHERE,
  },
  live: {
    ...stay('live'),
    unlinked: LOST,
    // The venue said the whole book again, and another one.
    began: to('live', 'say-gap', 'say-begun'),
    gap: GAP,
    behind: to('stale', 'say-behind', 'arm'),
  },
  stale: {
    ...stay('stale'),
    unlinked: LOST,
    began: to('live', 'disarm', 'say-gap', 'say-begun'),
    gap: GAP,
    fresh: to('live', 'disarm', 'say-ok'),
    deadline: ELSEWHERE,
  },
};

export function subscriptionStep(
  state: SubscriptionState,
  event: SubscriptionEvent,
): SubscriptionStep {
  return SUBSCRIPTION_TABLE[state][event];
}
