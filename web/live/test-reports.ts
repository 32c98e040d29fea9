import type { Moment } from '@tapedeck/market/time/clock';

import type { LinkReport, TopicHealth } from './model/deck-port.ts';

/** What a worker says of a link that is open. */
export const OPEN_LINK: LinkReport = {
  state: 'open',
  retryAt: undefined,
  reason: undefined,
  everOpen: true,
  via: 'direct',
  transport: 'websocket',
  offsetMs: 0,
  build: 'b',
  epoch: 'e',
};

/** What it says of a topic whose data came at `now`. */
export function healthAt(now: Moment, change: Partial<TopicHealth> = {}): TopicHealth {
  return {
    phase: 'ok',
    since: now.at,
    detail: '',
    from: 0,
    to: 0,
    eventTime: now.wall,
    arrivedAt: now.at,
    statedSince: undefined,
    provenAt: undefined,
    heardAt: undefined,
    typicalMs: undefined,
    p99Ms: undefined,
    ...change,
  };
}
