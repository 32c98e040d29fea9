import { expect, test } from 'vitest';

import { SpareTime } from './spare-time.ts';

/** A clock that only work advances, and counted rests. */
class Rig {
  now = 0;
  rested = 0;
  readonly order: string[] = [];
  readonly spare = new SpareTime(
    () => this.now,
    async (ms) => {
      this.rested += ms;
      this.order.push('rest');
      await Promise.resolve();
    },
  );

  *work(name: string, steps: number, msEach: number): Generator<void, string> {
    for (let i = 0; i < steps; i++) {
      this.now += msEach;
      this.order.push(name);
      yield;
    }
    return name;
  }
}

test('four fifths of the time are rest however much is requested, and no turn exceeds 4 ms by more than a step', async () => {
  const rig = new Rig();
  const asked = Array.from({ length: 30 }, (_, i) =>
    rig.spare.do('one', () => rig.work(`w${i}`, 20, 1.5)),
  );
  await Promise.all(asked);
  expect(rig.now).toBe(30 * 20 * 1.5);
  expect(rig.rested).toBeGreaterThanOrEqual(4 * rig.now);
  const turns = rig.order.join(' ').split('rest');
  const longest = Math.max(...turns.map((turn) => turn.trim().split(' ').length));
  expect(longest).toBeLessThanOrEqual(3);
});

test('pieces run one after another in request order; one that fails does not block the rest', async () => {
  const rig = new Rig();
  const failing = rig.spare.do<string>('one', function* () {
    yield;
    throw new Error('damaged');
  });
  const asked = [
    rig.spare.do('one', () => rig.work('a', 3, 5)),
    rig.spare.do('one', () => rig.work('b', 3, 5)),
  ];
  await expect(failing).rejects.toThrow('damaged');
  expect(await Promise.all(asked)).toEqual(['a', 'b']);
  expect(rig.order.filter((each) => each !== 'rest').join('')).toBe('aaabbb');
});

test('the queue is bounded: more is refused with error 120 until there is room', async () => {
  const rig = new Rig();
  const asked = Array.from({ length: 128 }, () => rig.spare.do('one', () => rig.work('a', 1, 1)));
  await expect(rig.spare.do('one', () => rig.work('b', 1, 1))).rejects.toMatchObject({
    status: 503,
  });
  await Promise.all(asked);
  expect(await rig.spare.do('one', () => rig.work('b', 1, 1))).toBe('b');
});

test('P23: a client that requests much delays only itself: another is served after the current piece', async () => {
  const rig = new Rig();
  const flood = Array.from({ length: 100 }, () => rig.spare.do('flood', () => rig.work('f', 1, 5)));
  const asked = [
    rig.spare.do('desk', () => rig.work('d', 1, 5)),
    rig.spare.do('wall', () => rig.work('w', 1, 5)),
  ];
  await Promise.all(asked);
  const before = rig.order.filter((each) => each !== 'rest').join('');
  expect(before).toMatch(/^f{1,3}d?f?w/);
  expect(before).toContain('d');
  await Promise.all(flood);
});
