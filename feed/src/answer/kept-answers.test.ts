import { expect, test } from 'vitest';

import { serving } from '../../test/stream/test-server.ts';
import { KeptAnswers } from './kept-answers.ts';

test('an answer requested by many at once is made once, and again only when its revision changes', async () => {
  const kept = new KeptAnswers();
  let made = 0;
  const ask = (revision: string) =>
    kept.of('night', revision, async () => {
      await Promise.resolve();
      return { made: ++made };
    });
  const [one, two] = await Promise.all([ask('1'), ask('1')]);
  expect(one).toBe(two);
  expect(await ask('1')).toBe(one);
  expect(made).toBe(1);
  const changed = await ask('2');
  expect(changed.text).toBe('{"made":2}');
  expect(changed.tag).not.toBe(one?.tag);
});

test('an answer that fails is not kept', async () => {
  const kept = new KeptAnswers();
  await expect(kept.of('a', '1', () => Promise.reject(new Error('locked')))).rejects.toThrow();
  expect((await kept.of('a', '1', () => Promise.resolve([]))).text).toBe('[]');
});

test('the names requested longest ago are dropped first', async () => {
  const kept = new KeptAnswers();
  let made = 0;
  const ask = (name: string) => kept.of(name, '1', () => Promise.resolve(++made));
  await ask('favourite');
  for (let i = 0; i < 2_000; i++) {
    await ask(`points ${i}`);
    await ask('favourite');
  }
  expect(kept.size).toBe(64);
  expect(made).toBe(2_001);
});

test('the description of the API has a tag, and is not made again for each request', async () => {
  const [, server] = await serving();
  const path = `${server.base}/v1/openapi.json`;
  const first = await fetch(path);
  expect(await first.json()).toMatchObject({ openapi: '3.1.0' });
  const tag = first.headers.get('etag') ?? '';
  expect(tag).toMatch(/^".{22}"$/);
  const again = await fetch(path, { headers: { 'if-none-match': tag } });
  expect([again.status, await again.text()]).toEqual([304, '']);
});
