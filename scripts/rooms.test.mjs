import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { ROOMS } from '../rooms.ts';
import { ROOT } from './node-runtime.mjs';
import { allowedIn, drawRooms, floorsOf, readRooms } from './rooms.mjs';

const MOST_FILES = 20;
/** Next.js names these folders after the addresses of the pages; the linter checks their imports. */
const isRoute = (/** @type {string} */ room) => room === 'app' || room.startsWith('app/');

test.each(Object.entries(ROOMS))(
  'the rooms of %s import exactly what the table lists',
  (sources, table) => {
    const found = [...readRooms(sources)].filter(([room]) => !(sources === 'web' && isRoute(room)));
    const asTable = Object.fromEntries(
      found.map(([room, { imports }]) => [room, [...imports].sort()]),
    );
    const rooms = /** @type {Readonly<Record<string, string>>} */ (table);
    const wanted = Object.fromEntries(
      Object.keys(rooms).map((room) => [room, allowedIn(rooms, room).sort()]),
    );
    expect(asTable).toEqual(wanted);
  },
);

test.each(Object.entries(ROOMS))('the rooms of %s form floors, without a cycle', (_, table) => {
  expect(floorsOf(table).flat().length).toBe(Object.keys(table).length);
});

test.each(Object.entries(ROOMS))(
  'the table of %s is ordered by floors, lowest first',
  (_, table) => {
    const byFloor = floorsOf(table);
    const floorOf = (/** @type {string} */ room) => byFloor.findIndex((on) => on.includes(room));
    const rooms = Object.keys(table);
    // As a whole, so that a failure shows where a room belongs.
    expect(rooms).toEqual(rooms.toSorted((one, other) => floorOf(one) - floorOf(other)));
  },
);

test('a cycle is detected', () => {
  expect(() => floorsOf({ one: 'two', two: 'three', three: 'one' })).toThrow(
    'one -> two -> three -> one',
  );
});

test.each(Object.keys(ROOMS))('no room of %s has more than 20 files', (sources) => {
  const crowded = [...readRooms(sources)].filter(([, { files }]) => files > MOST_FILES);
  expect(crowded).toEqual([]);
});

test('the picture in ARCHITECTURE.md matches the table (npm run rooms draws it)', () => {
  expect(readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')).toContain(drawRooms(ROOMS));
});
