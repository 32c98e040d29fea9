/*
 * H7: the wall clock of either side may be set at any moment. A link neither drops nor storms for it, goes on asking and
 * acknowledging, and knows again within a moment how far the two clocks are apart.
 */
import { expect, test } from 'vitest';

import { BOOK, FarSide, openBook } from './test-far-side.ts';

const HOUR = 3_600_000;
const STEPS = [-600_000, HOUR, -2 * HOUR];

/** The far side answers every ping after `roundTripMs`, `feedAheadMs` ahead, and sends a delta a second. */
class Conversation {
  readonly far = openBook();
  feedAheadMs = 0;
  #sequence = 10;
  #answered = 0;

  run(seconds: number): void {
    for (let ms = 0; ms < seconds * 1_000; ms += 50) {
      this.far.clock.advance(50);
      const pings = this.far.sent.filter((message) => message.type === 'ping');
      for (const ping of pings.slice(this.#answered))
        this.far.say({ type: 'pong', id: ping.id, now: this.far.clock.now() + this.feedAheadMs });
      this.#answered = pings.length;
      if (ms % 1_000 === 0) this.far.delta(7, this.#sequence, ++this.#sequence);
    }
  }
}

test.each(STEPS)(
  'a step of its own clock by %i ms: no drop, no dial, no resync, no hole',
  (step) => {
    const talk = new Conversation();
    const { far } = talk;
    talk.run(20);
    const [acks, pings] = [far.count('ack'), far.count('ping')];
    const log = far.log.length;
    far.clock.stepWall(step);
    talk.run(60);
    expect(far.log.slice(log)).toEqual(Array.from({ length: 60 }, () => 'book applied'));
    expect([far.sockets.length, far.dropped, far.count('resync')]).toEqual([1, 0, 0]);
    expect(far.count('ack') - acks).toBeGreaterThanOrEqual(58);
    // One every 5 s, and a few at once to measure the clocks anew.
    expect(far.count('ping') - pings).toBeLessThan(20);
  },
);

test.each(STEPS)(
  'its own clock steps by %i ms: the offset is measured anew within 1.1 s',
  (step) => {
    const talk = new Conversation();
    talk.run(20);
    expect(Math.abs(talk.far.link.offsetMs ?? 0)).toBeLessThanOrEqual(50);
    talk.far.clock.stepWall(step);
    talk.feedAheadMs = -step;
    talk.run(1.1);
    expect(Math.abs((talk.far.link.offsetMs ?? 0) + step)).toBeLessThanOrEqual(50);
  },
);

test.each([...STEPS, 500])(
  "the feed's clock steps by %i ms: the offset is measured anew with the next ping",
  (step) => {
    const talk = new Conversation();
    talk.run(20);
    talk.feedAheadMs = step;
    talk.run(6);
    expect(Math.abs((talk.far.link.offsetMs ?? 0) - step)).toBeLessThanOrEqual(50);
  },
);

test('a machine that slept an hour does not take old data for new: the offset stays until it is measured', () => {
  const talk = new Conversation();
  talk.run(20);
  talk.far.clock.stepWall(HOUR);
  talk.far.clock.advance(1_000);
  expect(Math.abs(talk.far.link.offsetMs ?? 0)).toBeLessThanOrEqual(50);
});

test.each(STEPS)('a clock that steps by %i ms in an outage moves no dial', (step) => {
  const dials = (isStepped: boolean): number => {
    const far = new FarSide();
    far.link.subscribe(BOOK);
    far.link.start();
    for (let ms = 0; ms < 30_000; ms += 100) {
      far.clock.advance(100);
      if (isStepped && ms === 5_000) far.clock.stepWall(step);
      if (far.sockets.length > far.log.filter((entry) => entry === 'waiting').length)
        far.socket.failed('refused');
    }
    return far.sockets.length;
  };
  // A step looks like the end of a sleep, after which one is tried at once.
  expect(Math.abs(dials(true) - dials(false))).toBeLessThanOrEqual(2);
});

test.each(STEPS)(
  'P9: after a step by %i ms a book that is in doubt is asked for as often as ever',
  (step) => {
    const asked = (at: number): number => {
      const far = openBook();
      far.clock.stepWall(at);
      far.delta(7, 50, 51);
      // Not so long that a ping which nobody answers here ends the link.
      far.clock.advance(4_000);
      return far.count('resync');
    };
    expect(asked(step)).toBe(asked(0));
  },
);
