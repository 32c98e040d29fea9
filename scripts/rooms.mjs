import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { ROOT } from './node-runtime.mjs';

const OUTSIDE = new Set(['node_modules', '.next', 'dist', 'e2e', 'test', 'bench', 'soak']);
const NO_SOURCE = /\.d\.ts$|\.test\.tsx?$|(^|\/)test-[^/]+$|^recorder\/killed-recorder\.ts$/;
const IMPORTED = /(?:\bfrom|\bimport|\bimport\(|\bnew URL\()\s*'(\.{1,2}\/[^']+)'/g;

/**
 * Which folders of a package import from which others; tests are left out.
 * @param {string} sources from the root, such as `feed/src`
 * @returns {Map<string, { files: number, imports: Set<string> }>} by room
 */
export function readRooms(sources) {
  const root = join(ROOT, sources);
  const files = new Set(sourceFiles(sources));
  /** @type {Map<string, { files: number, imports: Set<string> }>} */
  const rooms = new Map();
  for (const file of files) {
    const room = rooms.get(dirname(file)) ?? { files: 0, imports: new Set() };
    rooms.set(dirname(file), room);
    room.files++;
    for (const [, path = ''] of readFileSync(join(root, file), 'utf8').matchAll(IMPORTED)) {
      const imported = join(dirname(file), path);
      if (files.has(imported) && dirname(imported) !== dirname(file))
        room.imports.add(dirname(imported));
    }
  }
  return rooms;
}

/**
 * The source files of a package, by their paths below its sources: no tests, test helpers or declarations.
 * @param {string} sources from the root, such as `feed/src`
 */
export function sourceFiles(sources) {
  const root = join(ROOT, sources);
  return filesUnder(root)
    .map((path) => relative(root, path))
    .filter((file) => !NO_SOURCE.test(file));
}

/**
 * The floor of each room: one above the highest room that it imports from.
 * @param {Readonly<Record<string, string>>} rooms
 * @returns {string[][]} rooms by floor, lowest first. @throws Error if there is an import cycle
 */
export function floorsOf(rooms) {
  /** @type {Map<string, number>} */
  const floors = new Map();
  /** @type {(room: string, above: readonly string[]) => number} */
  const floorOf = (room, above) => {
    const known = floors.get(room);
    if (known !== undefined) return known;
    if (above.includes(room)) throw new Error(`a circle: ${[...above, room].join(' -> ')}`);
    const below = allowedIn(rooms, room).map((other) => floorOf(other, [...above, room]));
    const floor = Math.max(-1, ...below) + 1;
    floors.set(room, floor);
    return floor;
  };
  /** @type {string[][]} */
  const byFloor = [];
  for (const room of Object.keys(rooms)) (byFloor[floorOf(room, [])] ??= []).push(room);
  return byFloor.map((names) => names.sort());
}

/** @param {Readonly<Record<string, string>>} rooms @param {string} room */
export function allowedIn(rooms, room) {
  return (rooms[room] ?? '').split(' ').filter((name) => name !== '');
}

/** The picture in ARCHITECTURE.md. @param {Readonly<Record<string, Readonly<Record<string, string>>>>} packages */
export function drawRooms(packages) {
  return Object.entries(packages)
    .map(([sources, rooms]) => {
      const floors = floorsOf(rooms).map((names, floor) => `  ${floor}  ${names.join('  ')}`);
      return [sources, ...floors.toReversed()].join('\n');
    })
    .join('\n\n');
}

/** @param {string} folder @returns {string[]} */
function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory())
      return OUTSIDE.has(entry.name) ? [] : filesUnder(join(folder, entry.name));
    return /\.tsx?$/.test(entry.name) ? [join(folder, entry.name)] : [];
  });
}
