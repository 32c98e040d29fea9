/*
 * P16, P28c: a replay of a recording whose last segments are missing or damaged, before and after `verify` recorded
 * that.
 */

import { afterEach, beforeEach, expect, test } from 'vitest';

import { noteDamage } from '@tapedeck/db/check/damaged-stretches';
import type { History } from '@tapedeck/db/history';
import { RandomMarket } from '@tapedeck/db/test/random-market';
import { TestHistory } from '@tapedeck/db/test/test-history';
import { beginRecording, recordStep, START, SYMBOL } from '@tapedeck/db/test/test-recording';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';

import { ChannelIds } from '../stream/channel/channel-ids.ts';
import { ReplayRooms } from './replay-rooms.ts';
import { TestViewer } from './test-viewer.ts';

let disk: TestHistory;
let history: History;
let end: number;

beforeEach(() => {
  disk = new TestHistory();
  history = disk.history;
  const writer = beginRecording(history);
  const market = new RandomMarket({ random: new Random(6), startTime: START, meanStepMs: 200 });
  for (let i = 0; i < 600; i++) {
    const step = market.next();
    if (step.type !== 'trade') recordStep(writer, step);
  }
  // The tape continues for a minute after the book's last change.
  end = market.book.eventTime + 60_000;
  const trade = { sequence: 1, priceTicks: 5, sizeLots: 1, aggressor: 'buy' as const };
  writer.trade(SYMBOL, { ...trade, eventTime: end });
  writer.close(START);
});

afterEach(() => {
  disk.close();
});

const LAST_TWO = 'id > (select max(id) - 2 from segment)';

test.each([
  ['missing', 'not recorded', `delete from segment where ${LAST_TWO}`],
  ['missing', 'recorded', `delete from segment where ${LAST_TWO}`],
  ['damaged', 'not recorded', `update segment set deltas = x'01' where ${LAST_TWO}`],
  ['damaged', 'recorded', `update segment set deltas = x'01' where ${LAST_TWO}`],
] as const)(
  'P16, P28c: last segments %s, %s: stale to the end, played and after a seek',
  (_, how, sql) => {
    history.connection.exec(sql);
    if (how === 'recorded') expect(noteDamage(history.path)).toBe(1);
    const { from } = must(history.books.at(SYMBOL, end)?.gap, 'a hole');
    const clock = new ManualClock();
    const ids = new ChannelIds();
    const rooms = new ReplayRooms({ history, clock, ids, newId: () => 'r', workNow: () => 0 });
    const room = rooms.create({ session: 'one', at: from - 5_000 });
    if ('error' in room) throw new Error(room.message);
    const viewer = new TestViewer(room, clock);
    for (const speed of [1, 30, 'max']) {
      viewer.say({ type: 'replay', command: 'seek', to: from - 5_000 });
      expect(viewer.content).toMatchObject({ mirror: 'ok', feed: 'ok' });
      viewer.say({ type: 'replay', command: 'speed', value: speed });
      viewer.say({ type: 'replay', command: 'play' });
      for (let i = 0; i < 2_000 && viewer.state?.state !== 'ended'; i++) {
        clock.advance(50);
        expect(viewer.content.feed).toBe(room.time > from ? 'stale' : 'ok');
      }
      expect(viewer.clock).toBe(end + 1);
      expect(viewer.bookState).toBe('stale');
    }
    for (const at of [from + 1, end - 1, end, end + 1]) {
      viewer.say({ type: 'replay', command: 'seek', to: at });
      expect(viewer.bookState).toBe('stale');
    }
    rooms.close();
  },
);
