/* `npm run rooms`: draws the picture of the rooms in ARCHITECTURE.md from `rooms.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOMS } from '../rooms.ts';
import { ROOT } from './node-runtime.mjs';
import { drawRooms } from './rooms.mjs';

const FILE = join(ROOT, 'ARCHITECTURE.md');
const PICTURE = /(?<=^```\n)market\/src\n[^`]*(?=^```$)/m;

const text = readFileSync(FILE, 'utf8');
if (!PICTURE.test(text)) throw new Error(`${FILE}: no picture of the rooms to replace`);
writeFileSync(
  FILE,
  text.replace(PICTURE, () => `${drawRooms(ROOMS)}\n`),
);
