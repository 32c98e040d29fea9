/*
 * P28: a market that nobody follows is not rebuilt at each seek, and a client that joins it sees what it would have
 * seen.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { ManualClock } from '@tapedeck/market/time/clock';

import type { ReplayRoom } from './replay-room.ts';
import { TestNight } from './test-night.ts';
import { TestViewer } from './test-viewer.ts';

const OTHER = 'ETH-USD@sim';
let night: TestNight;
beforeAll(() => {
  night = new TestNight();
});
afterAll(() => night.close());

/** A seek, then playing for a while. */
function visit(clock: ManualClock, ...rooms: readonly ReplayRoom[]): void {
  for (const room of rooms) {
    room.command({ type: 'replay', command: 'seek', to: night.session.from + 123_456 });
    room.command({ type: 'replay', command: 'play' });
  }
  clock.advance(7_300);
}

test('P28: a seek rebuilds only the markets that are followed', () => {
  const { room } = night.open(new ManualClock());
  const rebuilt: string[] = [];
  room.engine.listen({ reset: ({ symbol }) => void rebuilt.push(symbol) });
  room.command({ type: 'replay', command: 'seek', to: night.session.from + 60_000 });
  expect(room.symbols.length).toBeGreaterThan(1);
  expect(rebuilt).toEqual(['BTC-USD@sim']);
});

test('P28: a client that joins a sleeping market late sees the same as those that followed it all along', () => {
  const clock = new ManualClock();
  const slept = night.open(clock).room;
  const watched = night.open(clock).room;
  const old = new TestViewer(watched, clock, OTHER, 'old');
  visit(clock, slept, watched);
  const late = new TestViewer(slept, clock, OTHER, 'late');
  expect(late.content.bids.length).toBeGreaterThan(10);
  for (let slice = 0; slice < 8; slice++) {
    expect(slept.time).toBe(watched.time);
    expect(late.content).toEqual(old.content);
    expect(late.candle?.state).toBe(old.candle?.state);
    clock.advance(650);
  }
  expect(late.content.mirror).toBe('ok');
});

test('P28: a sleeping market answers over HTTP like one that is followed', () => {
  const clock = new ManualClock();
  const { room } = night.open(clock);
  visit(clock, room);
  const book = night.history.books.at(OTHER, room.time, night.session.id)?.book;
  expect(room.engine.market(OTHER)?.book.snapshot()).toMatchObject({
    bids: book?.bids,
    asks: book?.asks,
  });
});
