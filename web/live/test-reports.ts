import type { Moment } from '@tapedeck/market/time/clock';

import type { LinkReport, TopicHealth } from './model/deck-port.ts';

/** A worker's report of an open link. */
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

/** A worker's report of a topic whose data arrived at `now`. */
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
