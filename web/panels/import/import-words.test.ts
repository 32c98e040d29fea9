import { expect, test } from 'vitest';

import {
  contentText,
  errorText,
  leftText,
  namesText,
  uploadText,
  wantsSymbol,
} from './import-words.ts';

test('files are named, many are counted', () => {
  expect(namesText(['a.gz'])).toBe('a.gz');
  expect(namesText(['a.gz', 'b.gz'])).toBe('a.gz and b.gz');
  expect(namesText(['a.gz', 'b.gz', 'c.gz', 'd.gz'])).toBe('a.gz and 3 more');
});

test('an upload shows size, rate and time left, and nothing that is not known yet', () => {
  expect(uploadText(0, 4_000_000, 10)).toBe('0 B of 4.0 MB');
  expect(uploadText(1_000_000, 4_000_000, 1_000)).toBe('1.0 MB of 4.0 MB · 1.0 MB/s · 3 s left');
  expect(uploadText(4_000_000, 4_000_000, 4_000)).toBe('4.0 MB, sent');
  expect([leftText(0), leftText(99), leftText(600)]).toEqual(['a moment', '99 s', '10 min']);
});

test('a command line option is replaced by the page’s own wording', () => {
  const message = 'x.csv: no line says which market it is of; name it with --symbol';
  expect(wantsSymbol(message)).toBe(true);
  expect(errorText(message, ['x.csv'])).toBe('no line says which market it is of; name it below');
  const venues = 'which market is it of? its path names none: say it with --symbol A@x or A@y';
  expect(errorText(venues, ['x.csv'])).toBe(
    'which market is it of? its path names none: say it below: A@x or A@y',
  );
  expect(wantsSymbol(venues)).toBe(true);
});

test('a file is not named twice, but a place keeps its file and line', () => {
  expect(errorText('a.txt is of no known format', ['a.txt'])).toBe('is of no known format');
  expect(errorText('a.gz:17: bad-line: what', ['a.gz'])).toBe('a.gz:17: bad-line: what');
  expect(errorText('the disk is full', ['a.gz'])).toBe('the disk is full');
});

test('the contents of a recording are counted by kind; absent kinds are left out', () => {
  const session = { session: 's', symbol: 'X', already: false, problems: [], problemCounts: {} };
  const messages = { depth: 6_470, trade: 14_515, bookTicker: 0 };
  expect(contentText({ ...session, messages })).toBe('6,470 book messages, 14,515 trades');
});
