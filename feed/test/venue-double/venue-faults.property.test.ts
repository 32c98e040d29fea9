/*
 * V7-V13: whatever a venue does, no book that says `ok` is wrong or more than 3 s behind, all are right again within
 * 15 s (40 s after a half-open socket), and each trade is reported once or counted as lost.
 */
import { expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';

import type { DoubleFaults } from './double-venue.ts';
import { type DoubleName, DOUBLES, VenueRig } from './test-venue-rig.ts';

const RUNS = Number(process.env['VENUE_RUNS'] ?? '0');
/** Runs by default: fewer for a venue whose rules another one shares. */
const USUAL_RUNS: Partial<Record<DoubleName, number>> = {
  'binance-coinm': 8,
  coinbase: 12,
  okx: 12,
  bybit: 12,
  'bybit-linear': 4,
  'bybit-inverse': 4,
};
const HEAL_MS = 15_000;
const HALF_OPEN_HEAL_MS = 40_000;
/** A silent trade stream is replaced after some seconds; the missed trades are requested once it delivers. */
const TRADES_MS = 30_000;
const TIMEOUT_MS = 600_000;

type Fault = {
  readonly name: string;
  readonly isHalfOpen?: boolean;
  readonly begin: (rig: VenueRig, random: Random) => void;
};

const frames =
  (
    faulty: (text: string, random: Random) => readonly { text: string; afterMs: number }[],
    share: number,
  ) =>
  (rig: VenueRig, random: Random): void => {
    rig.double.faults.frame = ({ text }) =>
      random.chance(share) ? faulty(text, random) : [{ text, afterMs: 0 }];
  };

const FAULTS: readonly Fault[] = [
  { name: 'drop', begin: frames(() => [], 0.05) },
  {
    name: 'duplicate',
    begin: frames(
      (text) => [
        { text, afterMs: 0 },
        { text, afterMs: 0 },
      ],
      0.2,
    ),
  },
  {
    name: 'duplicate later',
    begin: frames(
      (text) => [
        { text, afterMs: 0 },
        { text, afterMs: 900 },
      ],
      0.1,
    ),
  },
  {
    name: 'reorder',
    begin: frames((text, random) => [{ text, afterMs: random.integer(50, 800) }], 0.05),
  },
  {
    name: 'cut frames',
    begin: frames(
      (text, random) => [{ text: text.slice(0, random.integer(0, text.length - 1)), afterMs: 0 }],
      0.05,
    ),
  },
  {
    name: 'garbage',
    begin: frames(
      (text, random) => [
        {
          text: random.pick(['<html></html>', '[]', 'null', '{}', '{"data":null}', '7', '']),
          afterMs: 0,
        },
        { text, afterMs: 0 },
      ],
      0.2,
    ),
  },
  { name: 'stall', begin: frames(() => [], 1) },
  {
    name: 'close',
    begin: (rig, random) => rig.double.cut(random.pick([1000, 1001, 1006, 1011, 1012, 4000])),
  },
  {
    name: 'close twice',
    begin: (rig) => {
      rig.double.cut(1006);
      rig.run(1_200);
      rig.double.cut(1006);
    },
  },
  {
    name: 'close and refuse',
    begin: (rig) => {
      rig.double.cut(1006);
      rig.double.faults.upgrades = { status: 502 };
    },
  },
  {
    name: 'close, 429',
    begin: (rig) => {
      rig.double.cut(1006);
      rig.double.faults.upgrades = { status: 429, retryAfter: 2 };
    },
  },
  {
    name: 'requests 418',
    begin: (rig) => {
      rig.double.faults.requests = { status: 418, retryAfter: 3 };
      rig.double.cut(1001);
    },
  },
  {
    name: 'requests 500',
    begin: (rig) => {
      rig.double.faults.requests = { status: 500 };
      rig.double.cut(1001);
    },
  },
  {
    name: 'requests that say garbage',
    begin: (rig) => {
      rig.double.faults.requests = { status: 200, body: '<html>' };
      rig.double.cut(1001);
    },
  },
  {
    name: 'late snapshots',
    begin: (rig, random) => {
      rig.double.faults.requestDelayMs = random.integer(500, 7_000);
      rig.double.cut(1001);
    },
  },
  {
    name: 'silent',
    begin: (rig) => {
      rig.double.faults.isSilent = true;
      rig.double.cut(1001);
    },
  },
  {
    name: 'half-open',
    isHalfOpen: true,
    begin: (rig) => {
      rig.double.faults.isHalfOpen = true;
    },
  },
  {
    name: 'counts anew',
    begin: (rig) => {
      for (const market of rig.double.markets.values()) market.renumber();
    },
  },
];

function over(faults: DoubleFaults): void {
  for (const name of Object.keys(faults)) delete faults[name as keyof DoubleFaults];
}

function isTold(rig: VenueRig, id: string): boolean {
  const { missing, lost } = rig.tradesOf(id);
  return missing <= lost;
}

test.each(DOUBLES)(
  'V7-V13: %s: no wrong book says ok, and every book recovers',
  { timeout: TIMEOUT_MS },
  (name: DoubleName) => {
    const seconds: number[] = [];
    const runs = RUNS > 0 ? RUNS : (USUAL_RUNS[name] ?? 40);
    for (let seed = 1; seed <= runs; seed++) {
      const random = new Random(seed);
      const rig = new VenueRig(name, seed);
      const story: string[] = [`seed ${seed}`];
      try {
        expect(rig.untilRight(HEAL_MS), 'at first').toBeDefined();
        let healMs = HEAL_MS;
        for (let i = random.integer(1, 3); i > 0; i--) {
          const fault = random.pick(FAULTS);
          story.push(fault.name);
          if (fault.isHalfOpen === true) healMs = HALF_OPEN_HEAL_MS;
          fault.begin(rig, random);
          rig.run(random.integer(1, 12) * 500);
          if (random.chance(0.5)) over(rig.double.faults);
        }
        over(rig.double.faults);
        const took = rig.untilRight(healMs);
        expect(took, 'right again').toBeDefined();
        seconds.push((took ?? 0) / 1_000);
        for (let passed = 0; passed < TRADES_MS; passed += 3_000) {
          rig.run(3_000);
          if (rig.ids.every((id) => isTold(rig, id))) break;
        }
        for (const id of rig.ids) {
          const { wrong, missing, lost } = rig.tradesOf(id);
          expect(wrong, `${id}: trades that were told twice or never were`).toBe(0);
          expect(missing, `${id}: missing trades that nobody told of`).toBeLessThanOrEqual(lost);
        }
      } catch (error) {
        const states = rig.ids.map((id) => `${id} ${rig.market(id)?.state}`).join(', ');
        throw new Error(`${story.join(', ')} (${states}): ${(error as Error).message}`, {
          cause: error,
        });
      } finally {
        rig.close();
      }
    }
    expect(Math.max(...seconds)).toBeLessThan(HALF_OPEN_HEAL_MS / 1_000);
  },
);
