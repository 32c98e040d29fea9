/* The faults of real venues: each begins at a double, and lasts until `endFaults`. */
import type { Random } from '@tapedeck/market/number/random';
import type { Clock } from '@tapedeck/market/time/clock';

import type { DoubleVenue } from './double-venue.ts';

type FaultyVenue = { readonly double: DoubleVenue; readonly clock: Clock };

export type DoubleFault = {
  readonly name: string;
  /** Takes longer to be noticed. */
  readonly isHalfOpen?: boolean;
  /** Frames are lost or overtake each other, and their socket stays: a venue may have nothing that shows it (V6). */
  readonly isUnseen?: boolean;
  readonly begin: ({ double }: FaultyVenue, random: Random) => void;
};

const frames =
  (
    faulty: (text: string, random: Random) => readonly { text: string; afterMs: number }[],
    share: number,
  ) =>
  ({ double }: FaultyVenue, random: Random): void => {
    double.faults.frame = ({ text }) =>
      random.chance(share) ? faulty(text, random) : [{ text, afterMs: 0 }];
  };

export const FAULTS: readonly DoubleFault[] = [
  { name: 'drop', isUnseen: true, begin: frames(() => [], 0.05) },
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
    isUnseen: true,
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
  { name: 'stall', isUnseen: true, begin: frames(() => [], 1) },
  {
    name: 'close',
    begin: ({ double }, random) => double.cut(random.pick([1000, 1001, 1006, 1011, 1012, 4000])),
  },
  {
    name: 'close twice',
    begin: ({ double, clock }) => {
      double.cut(1006);
      clock.after(1_200, () => double.cut(1006));
    },
  },
  {
    name: 'close and refuse',
    begin: ({ double }) => {
      double.cut(1006);
      double.faults.upgrades = { status: 502 };
    },
  },
  {
    name: 'close, 429',
    begin: ({ double }) => {
      double.cut(1006);
      double.faults.upgrades = { status: 429, retryAfter: 2 };
    },
  },
  {
    name: 'requests 418',
    begin: ({ double }) => {
      double.faults.requests = { status: 418, retryAfter: 3 };
      double.cut(1001);
    },
  },
  {
    name: 'requests 500',
    begin: ({ double }) => {
      double.faults.requests = { status: 500 };
      double.cut(1001);
    },
  },
  {
    name: 'requests that say garbage',
    begin: ({ double }) => {
      double.faults.requests = { status: 200, body: '<html>' };
      double.cut(1001);
    },
  },
  {
    name: 'late snapshots',
    begin: ({ double }, random) => {
      double.faults.requestDelayMs = random.integer(500, 7_000);
      double.cut(1001);
    },
  },
  {
    name: 'silent',
    begin: ({ double }) => {
      double.faults.isSilent = true;
      double.cut(1001);
    },
  },
  {
    name: 'half-open',
    isHalfOpen: true,
    begin: ({ double }) => {
      double.faults.isHalfOpen = true;
    },
  },
  {
    name: 'halts, unsaid',
    begin: ({ double }) => {
      double.faults.halted = new Set(double.markets.keys());
    },
  },
  {
    name: 'counts anew',
    begin: ({ double }) => {
      for (const market of double.markets.values()) market.renumber();
    },
  },
];

export function endFaults({ faults }: DoubleVenue): void {
  for (const name of Object.keys(faults)) delete faults[name as keyof typeof faults];
}
