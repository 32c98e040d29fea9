import { expect, test } from 'vitest';

import {
  LINK_EVENTS,
  LINK_STATES,
  LINK_TABLE,
  type VenueLinkEvent,
  type VenueLinkState,
  linkStep,
} from './link-machine.ts';
import {
  SUBSCRIPTION_EVENTS,
  SUBSCRIPTION_STATES,
  SUBSCRIPTION_TABLE,
  type SubscriptionEvent,
  type SubscriptionState,
  subscriptionStep,
} from './subscription-machine.ts';

/** Every step that is not "stay and do nothing", as `event > state: actions`. */
const LINK: Readonly<Record<VenueLinkState, readonly string[]>> = {
  idle: ['wanted > dialling: dial'],
  dialling: [
    'unwanted > idle: close',
    'opened > up: serve',
    'failed > back-off: wait',
    'banned > banned: wait-for-ban',
  ],
  up: ['unwanted > idle: close', 'lost > back-off: tell-lost wait', 'move > moving: dial'],
  moving: [
    'unwanted > idle: close',
    'opened > bridging: bridge',
    'failed > up: move-later',
    'banned > up: move-later',
    'lost > dialling: tell-lost',
    'late > up: drop-replacement move-later',
  ],
  bridging: [
    'unwanted > idle: close',
    'failed > up: drop-replacement move-later',
    'lost > up: tell-lost adopt',
    'bridged > up: adopt',
    'late > up: drop-replacement move-later',
  ],
  'back-off': ['unwanted > idle: close', 'banned > banned: wait-for-ban', 'due > dialling: dial'],
  banned: ['unwanted > idle: close', 'due > dialling: dial'],
};

const CHANNEL: Readonly<Record<SubscriptionState, readonly string[]>> = {
  waiting: ['linked > subscribing: arm'],
  subscribing: [
    'unlinked > waiting: disarm forget say-lost',
    'data > bridging: fetch arm',
    'began > live: disarm say-begun',
    'gap > bridging: say-gap resync arm',
    'doubted > bridging: say-gap resync arm',
    'deadline > subscribing: forget say-lost elsewhere arm',
  ],
  bridging: [
    'unlinked > waiting: disarm forget say-lost',
    'data > bridging: fetch arm',
    'began > live: disarm say-begun',
    'gap > bridging: say-gap resync arm',
    'doubted > bridging: say-gap resync arm',
    'deadline > subscribing: forget say-lost elsewhere arm',
  ],
  live: [
    'unlinked > waiting: disarm forget say-lost',
    'began > live: say-gap say-begun',
    'gap > bridging: say-gap resync arm',
    'doubted > bridging: say-gap resync arm',
    'behind > stale: say-behind arm',
  ],
  stale: [
    'unlinked > waiting: disarm forget say-lost',
    'began > live: disarm say-gap say-begun',
    'gap > bridging: say-gap resync arm',
    'doubted > bridging: say-gap resync arm',
    'fresh > live: disarm say-ok',
    'deadline > subscribing: forget say-lost elsewhere arm',
  ],
};

test.each(LINK_STATES)('every transition of a link in %s', (state) => {
  const steps = LINK_EVENTS.flatMap((event: VenueLinkEvent) => {
    const step = linkStep(state, event);
    return step.state === state && step.actions.length === 0
      ? []
      : [`${event} > ${step.state}: ${step.actions.join(' ')}`];
  });
  expect(steps).toEqual(LINK[state]);
});

test.each(SUBSCRIPTION_STATES)('every transition of a book in %s', (state) => {
  const steps = SUBSCRIPTION_EVENTS.flatMap((event: SubscriptionEvent) => {
    const step = subscriptionStep(state, event);
    return step.state === state && step.actions.length === 0
      ? []
      : [`${event} > ${step.state}: ${step.actions.join(' ')}`];
  });
  expect(steps).toEqual(CHANNEL[state]);
});

test('P16: a book is reported ok only on entering `live`, and leaving `live` is always reported', () => {
  for (const state of SUBSCRIPTION_STATES)
    for (const event of SUBSCRIPTION_EVENTS) {
      const { state: next, actions } = SUBSCRIPTION_TABLE[state][event];
      const saysOk = actions.includes('say-ok') || actions.includes('say-begun');
      expect([state, event, saysOk && next !== 'live']).toEqual([state, event, false]);
      if (state === 'live' && next !== 'live')
        expect(actions.some((action) => action.startsWith('say-'))).toBe(true);
      // Every wait has a deadline.
      if (next !== 'live' && next !== 'waiting' && next !== state) expect(actions).toContain('arm');
    }
});

test('V10: after a failure a link waits before it dials, and after a ban until the ban ends', () => {
  for (const state of LINK_STATES) {
    const { failed, banned, lost } = LINK_TABLE[state];
    for (const { actions } of [failed, banned, lost]) expect(actions).not.toContain('dial');
    if (banned.state === 'banned' && state !== 'banned')
      expect(banned.actions).toEqual(['wait-for-ban']);
  }
});
