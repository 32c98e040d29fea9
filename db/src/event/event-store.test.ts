import { afterEach, beforeEach, expect, test } from 'vitest';

import { copySession } from '../check/session-copy.ts';
import type { History } from '../history.ts';
import { TestHistory } from '../test/test-history.ts';

const LINK = 'https://wire.example/story?id=1';
let disk: TestHistory;
let history: History;

beforeEach(() => {
  disk = new TestHistory();
  history = disk.history;
  history.sessions.create({
    ...{ id: 's', label: 's', source: 'live', state: 'recording', origin: {}, now: 1 },
  });
});
afterEach(() => disk.close());

function tell(id: string, link?: string): void {
  const body = { id, time: 5, source: 'wire', symbols: [], title: id };
  history.events.append(
    { id: '', topic: 'news', body: { ...body, ...(link === undefined ? {} : { link }) } },
    { session: 's' },
  );
}

const linksIn = ({ events }: History): readonly (string | undefined)[] =>
  events
    .headlines({ limit: 10 })
    .items.map(({ link }) => link)
    .toReversed();

test('the link of a headline is stored, copied with its session, and found again', () => {
  tell('one', LINK);
  tell('two');
  expect(linksIn(history)).toEqual([LINK, undefined]);
  const copy = new TestHistory();
  copySession(history, 's', copy.history, { now: 9 });
  expect(linksIn(copy.history)).toEqual([LINK, undefined]);
  copy.close();
  const known = history.events.knownHeadlines(['two', 'three'], [LINK, 'https://wire.example/']);
  expect([...known.ids]).toEqual(['two']);
  expect([...known.links]).toEqual([LINK]);
});

test('a link in a file that a page must not follow is not passed on', () => {
  for (const link of [
    'javascript:alert(1)',
    ' https://a.example',
    'file:///etc/passwd',
    'https://',
  ])
    tell(link, link);
  expect(linksIn(history)).toEqual([undefined, undefined, undefined, undefined]);
});

test('a session is copied from a file of a version without links', () => {
  tell('old');
  history.connection.exec('drop index headline_link; alter table headline drop column link');
  const copy = new TestHistory();
  copySession(history, 's', copy.history, { now: 9 });
  expect(copy.history.events.headlines({ limit: 1 }).items[0]?.title).toBe('old');
  copy.close();
});
