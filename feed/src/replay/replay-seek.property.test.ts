/*
 * P28: after a seek to t the same is shown as after playing to t: tape, ticker and candles of every interval. Played
 * with many reads on the way, as panels do.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { History } from '@tapedeck/db/history';
import { TestHistory } from '@tapedeck/db/test/test-history';
import { beginRecording, START, SYMBOL } from '@tapedeck/db/test/test-recording';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';
import { CANDLE_INTERVALS } from '@tapedeck/market/tape/candle';
import type { Trade } from '@tapedeck/market/tape/trade';
import { ManualClock } from '@tapedeck/market/time/clock';

import { tickerOf } from '../engine/ticker.ts';
import { ReplayCursor } from './replay-cursor.ts';
import { ReplayWorld } from './replay-world.ts';

const SEED = Number(process.env['TAPEDECK_TEST_SEED'] ?? 28);
const SESSION = 'one';
const LENGTH_MS = 26 * 3_600_000;
let disk: TestHistory;
let history: History;
const random = new Random(SEED);

beforeAll(() => {
  disk = new TestHistory();
  history = disk.history;
  const writer = beginRecording(history);
  const price = (): number => random.integer(900, 1_100);
  let sequence = 0;
  const book = (time: number): void =>
    writer.snapshot(SYMBOL, {
      ...{ sequence: ++sequence, eventTime: time, receiveTime: time },
      ...{ bids: [[random.integer(880, 899), 5]], asks: [[random.integer(1_101, 1_120), 5]] },
    });
  let number = 0;
  book(START);
  // More than a day, with empty hours, minutes in which only the book moves, and trades at equal times.
  for (let time = START; time < START + LENGTH_MS;) {
    const draw = random.next();
    time += draw < 0.3 ? 0 : draw < 0.95 ? random.integer(1, 90_000) : random.integer(1, 7_000_000);
    if (random.chance(0.3)) book(time);
    else {
      // An older feed restarted its numbers after each reset.
      number = random.chance(0.01) ? 1 : number + 1;
      const what = { priceTicks: price(), sizeLots: random.integer(1, 99) };
      const trade: Trade = { sequence: number, eventTime: time, ...what, aggressor: 'buy' };
      writer.trade(SYMBOL, trade);
    }
  }
  writer.close(START + LENGTH_MS);
});

afterAll(() => disk.close());

function world(): ReplayWorld {
  const clock = new ManualClock();
  return new ReplayWorld({ id: 'r', history, session: SESSION, symbols: [SYMBOL], clock });
}

/** Everything that panels show. */
function shown({ engine }: ReplayWorld): object {
  const market = must(engine.market(SYMBOL), SYMBOL);
  const { sequence, ...ticker } = tickerOf(market);
  return {
    ticker,
    hasTrades: sequence > 0,
    candles: CANDLE_INTERVALS.map((interval) => market.candles.forming(interval)),
    tape: market.trades.tail(50).map(({ eventTime, priceTicks }) => [eventTime, priceTicks]),
    book: market.book.snapshot(),
  };
}

test(`P28: a seek shows the same as playing there (seed ${SEED})`, () => {
  for (let run = 0; run < 12; run++) {
    const from = START + random.integer(0, LENGTH_MS / 2);
    const played = world();
    played.seek(from);
    const cursor = new ReplayCursor(history, SESSION, [SYMBOL], from);
    for (let at = from, look = 0; look < 60; look++) {
      at += random.pick([1, 500, 20_000, 61_000, 400_000]);
      for (let event = cursor.takeBefore(at); event !== undefined; event = cursor.takeBefore(at)) {
        played.apply(event);
        if (random.chance(0.2)) shown(played);
      }
      const sought = world();
      sought.seek(at);
      expect(shown(played), `from ${from} to ${at}`).toEqual(shown(sought));
    }
  }
});

test('P17: a replay’s tape numbers increase, whatever the recording’s did', () => {
  const played = world();
  played.seek(START);
  const numbers: number[] = [];
  played.engine.listen({ trade: (_, { sequence }) => void numbers.push(sequence) });
  const cursor = new ReplayCursor(history, SESSION, [SYMBOL], START);
  for (let event = cursor.takeBefore(Infinity); event !== undefined;) {
    played.apply(event);
    event = cursor.takeBefore(Infinity);
  }
  expect(numbers.length).toBeGreaterThan(200);
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
});
