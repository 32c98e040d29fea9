/*
 * The states of one book's subscription: waiting for its socket, bridging from its snapshot, live, stale. Each book
 * heals on its own; no other book is affected. `ok` is reported on entering `live` and nowhere else.
 *
 *   waiting ─▶ subscribing ─▶ bridging ─▶ live ◀──▶ stale
 *      ▲            ▲             ▲         │ gap     │ for too long
 *      └─ unlinked ─┴── deadline ─┴─────────┴─────────┘
 */

export const SUBSCRIPTION_STATES = ['waiting', 'subscribing', 'bridging', 'live', 'stale'] as const;
export type SubscriptionState = (typeof SUBSCRIPTION_STATES)[number];

export const SUBSCRIPTION_EVENTS = [
  /** The socket is open and subscribed; the socket is gone. */
  'linked',
  'unlinked',
  /** A delta arrived, but there is no book yet. */
  'data',
  /** The book is complete. */
  'began',
  /** A delta is missing, or a checksum is wrong. */
  'gap',
  /** A frame of the socket is missing: it may have been a delta of this book. */
  'doubted',
  /** Nothing arrived for too long, or deltas arrive late; the book is up to date again. */
  'behind',
  'fresh',
  /** The time limit for the first data, the snapshot or the recovery has passed. */
  'deadline',
] as const;
export type SubscriptionEvent = (typeof SUBSCRIPTION_EVENTS)[number];

export type SubscriptionAction =
  | 'arm'
  | 'disarm'
  /** Ask for a snapshot. */
  | 'fetch'
  /** Start over on the same socket: request a snapshot, or subscribe again if the stream starts with one. */
  | 'resync'
  /** Subscribe again, on another socket. */
  | 'elsewhere'
  | 'say-begun'
  | 'say-ok'
  | 'say-behind'
  | 'say-lost'
  | 'say-gap'
  /** Discard the book and its buffered deltas. */
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
    // The missing frame may be the snapshot.
    doubted: GAP,
    deadline: ELSEWHERE,
  },
  bridging: {
    ...stay('bridging'),
    unlinked: LOST,
    // Deltas show that the socket works: only the snapshot is late.
    data: to('bridging', 'fetch', 'arm'),
    began: BEGUN,
    gap: GAP,
    doubted: GAP,
    deadline: ELSEWHERE,
  },
  live: {
    ...stay('live'),
    unlinked: LOST,
    // The venue sent a full book again, and it differs.
    began: to('live', 'say-gap', 'say-begun'),
    gap: GAP,
    doubted: GAP,
    behind: to('stale', 'say-behind', 'arm'),
  },
  stale: {
    ...stay('stale'),
    unlinked: LOST,
    began: to('live', 'disarm', 'say-gap', 'say-begun'),
    gap: GAP,
    doubted: GAP,
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
