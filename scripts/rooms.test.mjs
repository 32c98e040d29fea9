import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { ROOMS } from '../rooms.ts';
import { ROOT } from './node-runtime.mjs';
import { allowedIn, drawRooms, floorsOf, readRooms } from './rooms.mjs';

const MOST_FILES = 20;
/** Next names these folders by the addresses of its pages; the linter holds their arrows. */
const isRoute = (/** @type {string} */ room) => room === 'app' || room.startsWith('app/');

test.each(Object.entries(ROOMS))(
  '%s imports what its table says, no more and no less',
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

test.each(Object.entries(ROOMS))(
  'the rooms of %s stand on floors, without a circle',
  (_, table) => {
    expect(floorsOf(table).flat().length).toBe(Object.keys(table).length);
  },
);

test('a circle is found', () => {
  expect(() => floorsOf({ one: 'two', two: 'three', three: 'one' })).toThrow(
    'one -> two -> three -> one',
  );
});

test.each(Object.keys(ROOMS))('no room of %s has more than 20 files', (sources) => {
  const crowded = [...readRooms(sources)].filter(([, { files }]) => files > MOST_FILES);
  expect(crowded).toEqual([]);
});

test('the picture in ARCHITECTURE.md is that of the table', () => {
  expect(readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')).toContain(drawRooms(ROOMS));
});
