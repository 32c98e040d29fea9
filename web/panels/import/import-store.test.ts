import { expect, test } from 'vitest';

import { ImportStore, type SendImport } from './import-store.ts';

const FILES = [new File(['12345'], 'a.csv'), new File(['678'], 'b.csv')];

test('an upload is shown until the feed has it, then the feed’s import replaces it', async () => {
  let arrive = (_: { id: string }): void => undefined;
  const send: SendImport = (_, __, { onProgress }) => {
    onProgress(4, 8);
    return new Promise((resolve) => {
      arrive = resolve;
    });
  };
  const store = new ImportStore(send, () => 7);
  const sent = store.start(FILES);
  expect(store.getSnapshot().uploads).toMatchObject([
    { sentBytes: 4, totalBytes: 8, startedAt: 7 },
  ]);
  arrive({ id: 'i1' });
  await sent;
  expect(store.getSnapshot()).toMatchObject({ uploads: [], mine: new Set(['i1']) });
  expect(store.filesOf('i1')).toBe(FILES);
  store.dismiss('i1');
  expect(store.getSnapshot().dismissed).toContain('i1');
  expect(store.filesOf('i1')).toBeUndefined();
});

test('a refusal stays on the page, a cancelled upload goes', async () => {
  const refusing = new ImportStore(
    () => Promise.reject(new Error('too many')),
    () => 0,
  );
  await refusing.start(FILES, 'BTCUSDT');
  expect(refusing.getSnapshot().uploads).toMatchObject([
    { problem: 'too many', symbol: 'BTCUSDT' },
  ]);
  const hanging = new ImportStore(
    (_, __, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      }),
    () => 0,
  );
  const sent = hanging.start(FILES);
  hanging.cancel(hanging.getSnapshot().uploads[0]?.id ?? '');
  await sent;
  expect(hanging.getSnapshot().uploads).toEqual([]);
});
