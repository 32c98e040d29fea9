import { expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';

import type { CandleBatch } from '../model/deck-port.ts';
import type { CandleUpdate } from '../model/view-model.ts';
import { CandleJoin } from './candle-join.ts';

function candle(
  openTime: number,
  state: CandleUpdate['state'],
  sequence: number,
  trades = 1,
): CandleUpdate {
  return {
    openTime,
    open: 1,
    high: 2,
    low: 1,
    close: sequence,
    volume: sequence,
    buyVolume: 0,
    trades,
    state,
    sequence,
  };
}

function batch(updates: readonly CandleUpdate[], restart = false, epoch = 'e1'): CandleBatch {
  return { key: 'k', epoch, restart, updates };
}

test('P18: updates already in the history are dropped, the next one is joined', () => {
  const join = new CandleJoin();
  join.add(batch([candle(60, 'forming', 4), candle(60, 'forming', 5)], true));
  const history = {
    candles: [candle(0, 'closed', 3), candle(60, 'forming', 5)],
    asOfSequence: 5,
    epoch: 'e1',
  };
  expect(join.seed(history)).toEqual({ reset: false, updates: [] });
  const next = candle(60, 'forming', 6);
  expect(join.add(batch([next])).updates).toEqual([next]);
});

test('P18: updates that arrive while the history is in flight are not lost', () => {
  const join = new CandleJoin();
  const closed = candle(0, 'closed', 6);
  const forming = candle(60, 'forming', 7);
  join.add(batch([candle(0, 'forming', 5)], true));
  join.add(batch([closed, forming]));
  const result = join.seed({ candles: [candle(0, 'forming', 5)], asOfSequence: 5, epoch: 'e1' });
  expect(result).toEqual({ reset: false, updates: [closed, forming] });
});

test('the end of a candle is joined even if no trade came after the history', () => {
  const join = new CandleJoin();
  join.seed({ candles: [candle(0, 'forming', 5)], asOfSequence: 5, epoch: 'e1' });
  const closed = candle(0, 'closed', 5);
  expect(join.add(batch([closed], true)).updates).toEqual([closed]);
});

test('a candle that was forming in the history and never closed is a gap', () => {
  const join = new CandleJoin();
  join.seed({ candles: [candle(0, 'forming', 5)], asOfSequence: 5, epoch: 'e1' });
  expect(join.add(batch([candle(60, 'forming', 9)], true))).toEqual({ reset: true, updates: [] });
  const refetched = {
    candles: [candle(0, 'closed', 8), candle(60, 'forming', 8)],
    asOfSequence: 8,
    epoch: 'e1',
  };
  expect(join.seed(refetched).updates).toEqual([candle(60, 'forming', 9)]);
});

test('another connection or epoch makes the chart fetch its history again', () => {
  const join = new CandleJoin();
  join.seed({ candles: [], asOfSequence: 0, epoch: 'e1' });
  expect(join.add(batch([candle(0, 'forming', 1)], true)).reset).toBe(false);
  expect(join.add(batch([candle(0, 'forming', 2)], true)).reset).toBe(true);
  join.seed({ candles: [candle(0, 'forming', 2)], asOfSequence: 2, epoch: 'e1' });
  expect(join.add(batch([candle(0, 'forming', 1)], false, 'e2')).reset).toBe(true);
});

test('sequences of another epoch are not compared', () => {
  const join = new CandleJoin();
  join.add(batch([candle(60, 'forming', 3)], true, 'e2'));
  const { updates } = join.seed({
    candles: [candle(60, 'forming', 900)],
    asOfSequence: 900,
    epoch: 'e1',
  });
  expect(updates).toEqual([candle(60, 'forming', 3)]);
});

test('a chart never gets a candle older than its newest', () => {
  const join = new CandleJoin();
  join.seed({ candles: [candle(60, 'closed', 5)], asOfSequence: 5, epoch: 'e1' });
  expect(join.add(batch([candle(0, 'closed', 6)], true)).updates).toEqual([]);
  expect(join.dropped).toBe(1);
});

test('whenever the history is fetched, the joined chart equals the stream', () => {
  const seed = 20_261_120;
  const random = new Random(seed);
  for (let run = 0; run < 500; run++) {
    // A stream of trades in 60 ms buckets, as the feed would send it.
    const stream: CandleUpdate[] = [];
    let openTime = 0;
    let first = 1;
    for (let sequence = 1; sequence <= 60; sequence++) {
      if (sequence > 1 && random.chance(0.2)) {
        stream.push(candle(openTime, 'closed', sequence - 1, sequence - first));
        first = sequence;
        openTime += 60 * random.integer(1, 3);
      }
      stream.push(candle(openTime, 'forming', sequence, sequence - first + 1));
    }
    const at = random.integer(1, stream.length - 1);
    const start = random.integer(0, stream.length - 1);
    const chart = new Map<number, CandleUpdate>();
    const history = (upTo: number) => {
      const held = new Map(stream.slice(0, upTo).map((each) => [each.openTime, each]));
      const asOfSequence = stream[upTo - 1]?.sequence ?? 0;
      return { candles: [...held.values()], asOfSequence, epoch: 'e1' };
    };
    const join = new CandleJoin();
    const show = (updates: readonly CandleUpdate[]): void => {
      for (const each of updates) chart.set(each.openTime, each);
    };
    const load = (upTo: number): void => {
      const body = history(upTo);
      chart.clear();
      show(body.candles);
      show(join.seed(body).updates);
    };
    let isLoaded = false;
    for (let i = 0; i < stream.length; i++) {
      if (i === at && !isLoaded) {
        load(at);
        isLoaded = true;
      }
      if (i < start) continue;
      const { reset, updates } = join.add(batch([stream[i] as CandleUpdate], i === start));
      show(updates);
      if (reset) load(i + 1);
    }
    const whole = new Map(stream.map((each) => [each.openTime, each]));
    const shown = [...chart.values()].sort((a, b) => a.openTime - b.openTime);
    expect(shown.at(-1), `seed ${seed} run ${run}`).toEqual([...whole.values()].at(-1));
    expect(
      shown.map(({ openTime: at, close }) => [at, close]),
      `seed ${seed} run ${run}`,
    ).toEqual([...whole.values()].map(({ openTime: at, close }) => [at, close]));
  }
});
