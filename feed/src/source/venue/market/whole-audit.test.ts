import { expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';

import { hyperliquidLive } from '../../../venue/hyperliquid/hyperliquid-live.ts';
import type { VenueSnapshot } from '../../../venue/venue-event.ts';
import { LiveBook } from './live-book.ts';
import { WholeAudit } from './whole-audit.ts';

const EVERY_MS = 240_000;
const FRAME_MS = 500;

/** A book with one size per side; levels are 1 apart. */
function stated(eventTime: number, size: string, depth = 5): VenueSnapshot {
  const side = (from: number, step: number) =>
    Array.from({ length: depth }, (_, i) => [String(from + i * step), size] as const);
  const [bids, asks] = [side(100, -1), side(101, 1)];
  return { type: 'snapshot', updateId: eventTime, eventTime, bids, asks };
}

/** A stream of whole books, and what the venue answers when it is asked. */
class AuditRig {
  readonly clock = new ManualClock();
  readonly book = new LiveBook(hyperliquidLive.rule, false, { tickSize: '1', lotSize: '1' });
  readonly verdicts: (true | string)[] = [];
  asked: number[] = [];
  answer: (now: number) => VenueSnapshot | string = (now) => stated(now, '5', 20);
  /** Size of all levels in the stream. */
  size: (now: number) => string = () => '5';
  readonly #audit = new WholeAudit({
    ...{ clock: this.clock, random: new Random(1), rule: hyperliquidLive.rule, everyMs: EVERY_MS },
    fetch: (done) => {
      const now = this.clock.now();
      this.asked.push(now);
      return this.clock.after(20, () => done(this.answer(now)));
    },
  });

  run(ms: number): void {
    for (let passed = 0; passed < ms; passed += FRAME_MS) {
      this.clock.advance(FRAME_MS);
      const now = this.clock.now();
      const whole = stated(now - 100, this.size(now));
      if (this.book.snapshot(whole).type === 'changed')
        this.#note(this.#audit.take(whole, this.book));
      this.#note(this.#audit.tick());
    }
  }

  #note(verdict: true | string | undefined): void {
    if (verdict !== undefined) this.verdicts.push(verdict);
  }
}

test('V6: a whole book is compared at least every five minutes', () => {
  const rig = new AuditRig();
  rig.run(1_200_000);
  expect(rig.verdicts.length).toBeGreaterThanOrEqual(4);
  expect(new Set(rig.verdicts)).toEqual(new Set([true]));
  expect(rig.asked.length).toBe(rig.verdicts.length);
});

test('V6: what differs twice in a row and not a third time has changed in between; three times is wrong', () => {
  const rig = new AuditRig();
  rig.answer = (now) => stated(now, rig.asked.length <= 2 ? '6' : '5', 20);
  rig.run(300_000);
  expect(rig.verdicts).toEqual([true]);
  expect(rig.asked.length).toBe(3);
  const wrong = new AuditRig();
  wrong.answer = (now) => stated(now, '6', 20);
  wrong.run(260_000);
  expect(wrong.verdicts).toEqual([
    "10 of its levels differ from the venue's own book, 3 times in a row",
  ]);
});

test('V6: levels that change between the whole books around the answer are not compared', () => {
  const rig = new AuditRig();
  rig.size = (now) => String(1 + (now % 977));
  rig.answer = (now) => stated(now, '5000', 20);
  rig.run(300_000);
  expect(rig.verdicts).toEqual([]);
  // It is asked again a few times, then not before the next turn.
  expect(rig.asked.length).toBe(10);
});

test('V6: an answer of the same moment is compared with that whole book alone', () => {
  const rig = new AuditRig();
  rig.size = (now) => String(1 + (now % 977));
  rig.answer = (now) => stated(now + FRAME_MS - 100, rig.size(now + FRAME_MS), 20);
  rig.run(260_000);
  expect(rig.verdicts).toEqual([true]);
});

test('V6: no answer, one that is no book and one from before the stream are asked for again', () => {
  const rig = new AuditRig();
  const answers = ['no book', stated(1, '6', 20)];
  rig.answer = (now) => answers.shift() ?? stated(now, '5', 20);
  rig.run(260_000);
  expect(rig.verdicts).toEqual([true]);
  expect(rig.asked.length).toBe(3);
});
