/* P23, P26: abandoned rooms make room for new ones. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { ManualClock } from '@tapedeck/market/time/clock';

import { ChannelIds } from '../stream/channel/channel-ids.ts';
import { ReplayRooms } from './replay-rooms.ts';
import { TestNight } from './test-night.ts';
import { TestViewer } from './test-viewer.ts';

let night: TestNight;

beforeAll(() => {
  night = new TestNight();
}, 60_000);
afterAll(() => night.close());

test('P23, P26: a page reloaded for the hundredth time gets its replay; one that is watched stays', () => {
  const clock = new ManualClock();
  let id = 0;
  const rooms = new ReplayRooms({
    history: night.history,
    clock,
    ids: new ChannelIds(),
    newId: () => `r${id++}`,
    workNow: () => 0,
  });
  const make = () => {
    const room = rooms.create({ session: night.session.id, symbols: ['BTC-USD@sim'] });
    if ('error' in room) throw new Error(room.message);
    return room;
  };
  const watched = make();
  const viewer = new TestViewer(watched, clock);
  for (let reload = 0; reload < 100; reload++) {
    const room = make();
    const page = new TestViewer(room, clock);
    clock.advance(400);
    page.leave(room);
  }
  expect(rooms.list().length).toBeLessThanOrEqual(32);
  expect(rooms.get(watched.id)).toBe(watched);
  viewer.say({ type: 'replay', command: 'seek', to: night.session.from + 1_000 });
  expect(viewer.clock).toBe(night.session.from + 1_000);
  // Rooms left or created a moment ago are not taken from anybody.
  while (rooms.list().length < 32) make();
  clock.advance(6_000);
  const joined = rooms.list().map((room) => new TestViewer(room, clock));
  expect(rooms.create({ session: night.session.id })).toMatchObject({ error: 'tooManyRequests' });
  expect(joined).toHaveLength(32);
  rooms.close();
});
