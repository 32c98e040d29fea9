/*
 * V7-V13: whatever a venue does, no book that says `ok` is wrong or more than 3 s behind, all are right again within
 * 15 s (40 s after a half-open socket), and each trade is reported once or counted as lost.
 */
import { expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';

import { LIVE_VENUES } from '../../src/venue/live/live-venues.ts';
import { type DoubleFault, endFaults, FAULTS } from './double-faults.ts';
import { type DoubleName, DOUBLES, VenueRig } from './test-venue-rig.ts';

const RUNS = Number(process.env['VENUE_RUNS'] ?? '0');
/** Runs by default, as many as a few seconds allow. */
const USUAL_RUNS: Partial<Record<DoubleName, number>> = {
  binance: 12,
  'binance-usdm': 8,
  'binance-coinm': 8,
  bitfinex: 12,
  bitstamp: 16,
  coinbase: 12,
  okx: 12,
  bybit: 12,
  'bybit-linear': 4,
  'bybit-inverse': 4,
  deribit: 12,
  hyperliquid: 12,
};
const HEAL_MS = 15_000;
const HALF_OPEN_HEAL_MS = 40_000;
/** A silent trade stream is replaced after some seconds; the missed trades are requested once it delivers. */
const TRADES_MS = 30_000;
const TIMEOUT_MS = 600_000;

const isProven = (name: DoubleName): boolean => LIVE_VENUES.get(name)?.capability.loss !== 'none';
/** Each whole book heals what was lost before it. */
const heals = (name: DoubleName): boolean => LIVE_VENUES.get(name)?.rule.isWhole === true;

function faultsOf(name: DoubleName): readonly DoubleFault[] {
  return FAULTS.filter(({ isUnseen }) => isProven(name) || heals(name) || isUnseen !== true);
}

function begin(name: DoubleName, fault: DoubleFault, rig: VenueRig, random: Random): void {
  fault.begin(rig, random);
  const { faults } = rig.double;
  const { frame } = faults;
  if (frame === undefined || fault.isUnseen !== true || isProven(name)) return;
  // Nothing shows that a trade is missing on a socket that stays.
  faults.frame = (sent) =>
    sent.stream.startsWith('trades') ? [{ text: sent.text, afterMs: 0 }] : frame(sent);
}

function over(name: DoubleName, { double }: VenueRig): void {
  // What was not sent on a half-open socket is never sent: no real socket goes on after that.
  if (double.faults.isHalfOpen === true && !isProven(name)) double.cut(1006);
  endFaults(double);
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
          const fault = random.pick(faultsOf(name));
          story.push(fault.name);
          if (fault.isHalfOpen === true) healMs = HALF_OPEN_HEAL_MS;
          begin(name, fault, rig, random);
          rig.run(random.integer(1, 12) * 500);
          if (random.chance(0.5)) over(name, rig);
        }
        over(name, rig);
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
