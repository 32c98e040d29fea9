/*
 * H7: the wall clock of either side may step at any time. The link must not drop or flood the feed, must keep sending
 * pings and acks, and must soon know the new clock offset.
 */
import { expect, test } from 'vitest';

import { BOOK, FarSide, openBook } from './test-far-side.ts';

const HOUR = 3_600_000;
const STEPS = [-600_000, HOUR, -2 * HOUR];

/** The feed answers every ping after `roundTripMs`, its clock `feedAheadMs` ahead, and sends one delta per second. */
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

test.each(STEPS)('its own clock steps by %i ms: no drop, no dial, no resync, no gap', (step) => {
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
  // One every 5 s, and a few faster ones to measure the offset again.
  expect(far.count('ping') - pings).toBeLessThan(20);
});

test.each(STEPS)(
  'its own clock steps by %i ms: the offset is measured again within 1.1 s',
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
  "the feed's clock steps by %i ms: the offset is measured again with the next ping",
  (step) => {
    const talk = new Conversation();
    talk.run(20);
    talk.feedAheadMs = step;
    talk.run(6);
    expect(Math.abs((talk.far.link.offsetMs ?? 0) - step)).toBeLessThanOrEqual(50);
  },
);

test('after an hour of sleep old data is not taken for new: the offset stays until it is measured again', () => {
  const talk = new Conversation();
  talk.run(20);
  talk.far.clock.stepWall(HOUR);
  talk.far.clock.advance(1_000);
  expect(Math.abs(talk.far.link.offsetMs ?? 0)).toBeLessThanOrEqual(50);
});

test.each(STEPS)(
  'a clock step of %i ms during an outage does not change when the link dials',
  (step) => {
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
    // A step looks like the end of a sleep, after which the link dials at once.
    expect(Math.abs(dials(true) - dials(false))).toBeLessThanOrEqual(2);
  },
);

test.each(STEPS)(
  'P9: after a step by %i ms the resync backoff of an untrusted book is unchanged',
  (step) => {
    const asked = (at: number): number => {
      const far = openBook();
      far.clock.stepWall(at);
      far.delta(7, 50, 51);
      // Short enough that the unanswered pings do not end the link.
      far.clock.advance(4_000);
      return far.count('resync');
    };
    expect(asked(step)).toBe(asked(0));
  },
);
