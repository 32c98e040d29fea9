import { resolve } from 'node:path';

import { expect, test } from 'vitest';

import { withoutFolderOf } from './server-folder.ts';

test.each([
  [
    '/srv/deck/tape.db',
    'cannot write history /srv/deck/tape.db: full',
    'cannot write history tape.db: full',
  ],
  [
    'data/tape.db',
    `cannot read ${resolve('data')}/tape.db.uploads/a.csv`,
    'cannot read tape.db.uploads/a.csv',
  ],
  ['data/tape.db', 'cannot read data/tape.db', 'cannot read tape.db'],
  ['tape.db', 'cannot read tape.db', 'cannot read tape.db'],
  [':memory:', 'path: unknown path GET /a/b', 'path: unknown path GET /a/b'],
])('with the history %s its location is not revealed: %s', (history, message, said) => {
  expect(withoutFolderOf(history, message)).toBe(said);
});
