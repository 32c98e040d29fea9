import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';

import { openHistory } from '../history.ts';
import { RandomMarket } from '../test/random-market.ts';
import { beginRecording, recordStep, SYMBOL } from '../test/test-recording.ts';

const START = 1_760_000_000_123;
const SEED = Number(process.env['TAPEDECK_TEST_SEED'] ?? 12);

test.each([10, 240, 2_000])(
  `a silhouette of %i points has all of the volume and the spreads of the books (seed ${SEED})`,
  (points) => {
    const history = openHistory(':memory:');
    const random = new Random(SEED);
    const market = new RandomMarket({ random, startTime: START, meanStepMs: 700 });
    const writer = beginRecording(history);
    let traded = 0;
    for (let i = 0; i < 4_000; i++) {
      const step = market.next();
      recordStep(writer, step);
      if (step.type === 'trade') traded += step.trade.sizeLots;
    }
    writer.close(START);
    const session = must(history.sessions.get('one'), 'the session');
    const drawing = history.silhouettes.draw('one', [SYMBOL], session, points);
    let drawn = drawing.next();
    while (drawn.done !== true) drawn = drawing.next();
    const shape = must(drawn.value.markets[0], 'the market');
    expect(shape.volume.reduce((sum, value) => sum + value, 0)).toBe(traded);
    expect(shape.volume.length).toBeLessThanOrEqual(points);
    expect(drawn.value.bucketMs * shape.volume.length).toBeGreaterThan(session.to - session.from);
    expect(shape.spread.length).toBeLessThanOrEqual(60);
    shape.spread.forEach((ticks, i) => {
      const at = session.from + Math.floor((i + 0.5) * shape.spreadMs);
      const book = history.books.at(SYMBOL, at, 'one')?.book;
      const [bid, ask] = [book?.bids[0]?.[0], book?.asks[0]?.[0]];
      expect(ticks).toBe(bid === undefined || ask === undefined ? null : ask - bid);
    });
    history.close();
  },
);
