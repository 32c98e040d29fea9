import { expect, test } from 'vitest';

import { TestFeed } from '../../test/test-feed.ts';
import { TestLink } from '../../test/test-link.ts';
import { bookLine } from './tail-lines.ts';

const SYMBOL = 'MINE@desk';
const BOOK = `book:${SYMBOL}:10:raw`;

test('P15: the line of a crossed or locked book says so, that of another book does not', async () => {
  const feed = await TestFeed.start({ TAPEDECK_SOURCE: 'none' });
  const push = (...events: readonly object[]) => feed.post('/v1/ingest', { events });
  const bidAt = (price: number) =>
    push({ type: 'snapshot', symbol: SYMBOL, bids: [[price, 5]], asks: [[1_001, 5]] });
  await push({ type: 'instrument', symbol: SYMBOL, tickSize: '0.01', lotSize: '1' });
  await bidAt(1_000);
  const viewer = new TestLink({ url: feed.stream, seed: 3, channels: [BOOK] });
  const shown = (text: RegExp) =>
    expect.poll(() => bookLine(viewer.channel(BOOK)), { timeout: 10_000 }).toMatch(text);
  await shown(/ask 10\.01 x 5 .* ok /);
  await bidAt(1_001);
  await shown(/ok, LOCKED/);
  await bidAt(1_002);
  await shown(/ok, CROSSED/);
  viewer.stop();
  await feed.close();
});
