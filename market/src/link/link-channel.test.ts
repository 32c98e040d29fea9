import { expect, test } from 'vitest';

import { bookChecksum } from '../book/checksum.ts';
import type { Level } from '../number/level.ts';
import { Random } from '../number/random.ts';
import { ManualClock } from '../time/clock.ts';
import type { DownMessage } from '../wire/down.ts';
import { isWhole } from './channel-state.ts';
import { LinkChannels } from './link-channels.ts';
import { BOOK } from './test-far-side.ts';

/** Subscribes to one book and ignores all callbacks. */
function makeChannels(clock: ManualClock, random: Random): LinkChannels {
  const nothing = (): void => {};
  let id = 0;
  return new LinkChannels({
    clock,
    random,
    send: () => true,
    nextId: () => ++id,
    giveUp: nothing,
    listener: {
      onState: nothing,
      onHello: nothing,
      onFrame: nothing,
      onBook: nothing,
      onTrades: nothing,
      onTicker: nothing,
      onCandle: nothing,
      onChannel: nothing,
      onMessage: nothing,
      onLostFrame: nothing,
    },
  });
}

/** A random message for the book of channel 7, valid or not. */
function anyMessage(random: Random, held: number): DownMessage {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random.next() * of.length)] as T;
  const sequence = held + pick([0, 1, 1, 1, 3]);
  const bids: Level[] = [[100, sequence + 1]];
  const asks: Level[] = [[101, 5]];
  const stamps = { channel: 7, sequence, eventTime: 1, sendTime: 1, bids };
  const word = (): DownMessage => {
    const state = pick(['ok', 'syncing', 'stale', 'halted'] as const);
    const reason = state === 'syncing' ? pick(['restart', 'no-book'] as const) : 'halt';
    return { type: 'channel-state', channel: 7, state, reason, since: 1 };
  };
  const makers: readonly (() => DownMessage)[] = [
    () => {
      const checksum = pick([bookChecksum(asks, bids), bookChecksum(asks, bids), 1]);
      return { type: 'book-snapshot', ...stamps, asks, epoch: 'e', receiveTime: 1, checksum };
    },
    () => ({
      type: 'book-delta',
      ...stamps,
      asks: [],
      previous: pick([held, held, held + 1]),
      merged: 1,
      ...pick([{}, {}, { checksum: 1 }]),
    }),
    word,
    () => ({ type: 'reset', channel: 7, reason: 'seek' }),
    () => ({
      type: 'heartbeat',
      now: 1,
      last: { 7: pick([held, held, held + 1]) },
      heard: { 7: 9 },
    }),
    () => ({
      type: 'subscribed',
      id: 1,
      channels: [
        {
          name: BOOK,
          channel: 7,
          instrument: { symbol: 'BTC-USD@sim', tickSize: '0.1', lotSize: '0.01' },
          resume: 'none',
        },
      ],
    }),
  ];
  return pick(makers)();
}

test('P16: after any messages, a book is trusted if and only if its mirror is in sync (seeds 1 to 200)', () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Random(seed);
    const clock = new ManualClock();
    const channels = makeChannels(clock, random);
    const channel = channels.add(BOOK);
    channels.opened();
    for (let i = 0; i < 60; i++) {
      const chance = random.next();
      if (chance < 0.03) channels.cut();
      else if (chance < 0.06) channels.moved();
      else if (chance < 0.09) channels.loseFrame();
      else if (chance < 0.12) channels.opened();
      else if (chance < 0.3) {
        clock.advance(1_000 * (1 + 5 * random.next()));
        channels.tick(clock.monotonic());
      } else channels.take(anyMessage(random, channel.sequence), clock.monotonic());
      const { state, mirror } = channel;
      const isBelieved =
        isWhole(state) || (state.kind === 'carried' && state.held.kind !== 'doubted');
      expect(isBelieved, `seed ${seed}, step ${i}, ${state.kind}`).toBe(mirror?.isWhole);
      if (channel.phase === 'ok') expect(mirror?.state, `seed ${seed}, step ${i}`).toBe('ok');
      seen.add(state.kind);
    }
  }
  // All states but `refused`, which no book message causes.
  expect(seen.size).toBe(8);
});
