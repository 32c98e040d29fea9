/* The command line as users see it: exit status, standard output, standard error. */
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openHistory } from '@tapedeck/db/history';

const ENTRY = fileURLToPath(new URL('../tapedeck.ts', import.meta.url));
const EXCERPT = fileURLToPath(
  new URL('../../fixtures/binance-20240808/spot-ethusdt.gz', import.meta.url),
);
const SESSION = 'ethusdt-binance-20240808-235414';

type Outcome = { readonly status: number; readonly out: string; readonly err: string };

let folder = '';
let db = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-cli-'));
  db = join(folder, 'data/history.db');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: readonly string[]): Promise<Outcome> {
  const env = { ...process.env, TAPEDECK_DB: db };
  return new Promise((resolve) => {
    execFile(process.execPath, [ENTRY, ...args], { env, cwd: folder }, (error, out, err) => {
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

test('sessions lists nothing for a history that does not exist yet', async () => {
  const { status, out } = await run('sessions', '--json');
  expect({ status, out }).toEqual({ status: 0, out: '{"sessions":[]}\n' });
  expect(existsSync(db)).toBe(false);
});

test('import, sessions and verify of a recording, as one JSON document each', async () => {
  const imported = await run('import', EXCERPT);
  expect(imported).toMatchObject({ status: 0 });
  expect(imported.out).toContain(`session ${SESSION}: 238 depth, 1813 bookTicker, 324 trade`);
  const again = await run('import', EXCERPT, '--json');
  expect(JSON.parse(again.out)).toMatchObject({ sessions: [{ session: SESSION, already: true }] });

  const sessions = await run('sessions', '--json');
  expect(JSON.parse(sessions.out)).toMatchObject({
    sessions: [
      { id: SESSION, source: 'import', symbols: ['ETHUSDT@binance'], coverage: 1, gaps: [] },
    ],
  });
  expect((await run('sessions')).out).toContain(SESSION);

  const verified = await run('verify', SESSION, '--json');
  expect(verified).toMatchObject({ status: 0, err: '' });
  expect(JSON.parse(verified.out)).toMatchObject({
    symbol: 'ETHUSDT@binance',
    messages: { depth: 238, bookTicker: 1_813, trade: 324 },
    gaps: 0,
    crossed: 0,
    checksums: { ok: 3, failed: 0 },
    bestBidAsk: { equal: 236, compared: 236 },
    trades: 324,
    firstEventTime: 1_723_161_255_508,
    lastEventTime: 1_723_161_279_220,
  });
});

test('export of a session, and import of the exported file into another history', async () => {
  const tape = join(folder, 'night.tape');
  const exported = await run('export', SESSION, '--out', tape);
  expect(exported).toEqual({ status: 0, out: `${tape}\n`, err: '' });
  const again = await run('export', SESSION, '--out', tape);
  expect(again).toMatchObject({ status: 2, out: '' });
  expect(again.err).toMatch(/already exists/);
  const copy = join(folder, 'copy.db');
  expect((await run('import', tape, '--db', copy)).out).toContain(`session ${SESSION}`);
  const verified = await run('verify', SESSION, '--db', copy, '--json');
  expect(JSON.parse(verified.out)).toMatchObject({ held: true, bestBidAsk: { equal: 236 } });
  const csv = await run('export', SESSION, '--format', 'csv', '--out', join(folder, 'csv'));
  expect(csv.out.trim().split('\n')).toHaveLength(2);
});

test('doctor: 0 for a sound history, 1 for a damaged one, 2 for none', async () => {
  const sound = await run('doctor', '--json');
  expect(sound).toMatchObject({ status: 0, err: '' });
  expect(JSON.parse(sound.out)).toMatchObject({
    healthy: true,
    findings: [
      { check: 'open' },
      { check: 'owner', detail: 'no feed is using it' },
      { check: 'integrity', state: 'ok' },
      ...[{}, {}, {}, {}, {}],
    ],
  });
  const damaged = join(folder, 'damaged.db');
  damagedHistory(damaged);
  const outcome = await run('doctor', '--db', damaged);
  expect(outcome.status).toBe(1);
  expect(outcome.out).toMatch(/^!! open .*the database is damaged/);
  expect(await run('doctor', '--db', join(folder, 'none.db'))).toMatchObject({ status: 2 });
});

test('three simultaneous imports of one file are one session', { timeout: 60_000 }, async () => {
  const path = join(folder, 'three.db');
  const args = ['import', EXCERPT, '--db', path, '--json'] as const;
  const outcomes = await Promise.all([run(...args), run(...args), run(...args)]);
  for (const { status, err } of outcomes) {
    expect(status).toBe(0);
    // A busy machine may be so slow that progress is shown; problems never are.
    expect(err).not.toMatch(/tapedeck:|skipped/);
  }
  const sessions = outcomes.map(
    ({ out }) =>
      (JSON.parse(out) as { sessions: readonly { session: string; already: boolean }[] })
        .sessions[0],
  );
  expect(sessions.map((each) => each?.session)).toEqual([SESSION, SESSION, SESSION]);
  expect(sessions.filter((each) => each?.already === false)).toHaveLength(1);
  const list = await run('sessions', '--db', path, '--json');
  expect(JSON.parse(list.out)).toMatchObject({ sessions: [{ id: SESSION }] });
});

test('an empty file is reported as not a history yet, without SQL terms, and the first import creates one', async () => {
  const path = join(folder, 'empty.db');
  writeFileSync(path, '');
  expect(await run('sessions', '--db', path, '--json')).toEqual({
    status: 0,
    out: '{"sessions":[]}\n',
    err: '',
  });
  for (const args of [['verify', SESSION], ['doctor'], ['export', SESSION]]) {
    const outcome = await run(...args, '--db', path);
    expect(outcome).toMatchObject({ status: 2, out: '' });
    expect(outcome.err).toMatch(
      /^tapedeck: there is no history in .*empty\.db: the file is empty\n$/,
    );
  }
  expect((await run('import', EXCERPT, '--db', path)).status).toBe(0);
});

/** A history whose pages after the header are overwritten; returns its bytes. */
function damagedHistory(path: string): Buffer {
  openHistory(path).close();
  const bytes = readFileSync(path);
  bytes.fill('x', 1_000, 40_000);
  writeFileSync(path, bytes);
  return bytes;
}

test('every command refuses a file that is not a history, and leaves it unchanged', async () => {
  const place = mkdtempSync(join(folder, 'mistyped-'));
  const path = join(place, 'notes.txt');
  const recording = join(place, 'recording.gz');
  writeFileSync(path, 'milk and bread\n');
  copyFileSync(EXCERPT, recording);
  const commands = ['sessions', 'doctor', 'verify x', 'export x'].map((text) => text.split(' '));
  const wrongs = [
    ...[...commands, ['import', EXCERPT]].map((args) => [args, path] as const),
    [['import', EXCERPT], recording] as const,
  ];
  for (const [args, wrong] of wrongs) {
    const outcome = await run(...args, '--db', wrong);
    expect(outcome).toMatchObject({ status: 2, out: '' });
    expect(outcome.err).toBe(
      `tapedeck: ${wrong} is not a history: it is not a SQLite database. It was left unchanged\n`,
    );
  }
  expect(readFileSync(path, 'utf8')).toBe('milk and bread\n');
  expect(readFileSync(recording).equals(readFileSync(EXCERPT))).toBe(true);
  expect(readdirSync(place).toSorted()).toEqual(['notes.txt', 'recording.gz']);
}, 60_000);

test('a damaged history is refused by import, and not moved', async () => {
  const path = join(folder, 'broken.db');
  const bytes = damagedHistory(path);
  const outcome = await run('import', EXCERPT, '--db', path);
  expect(outcome).toMatchObject({ status: 1, out: '' });
  expect(outcome.err).toContain(path);
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect(existsSync(`${path}.damaged-1`)).toBe(false);
});

test.each<[string, readonly string[], number, RegExp]>([
  ['no command', [], 2, /Usage: tapedeck/],
  ['an unknown command', ['imports'], 2, /unknown command 'imports'/],
  ['an unknown flag', ['sessions', '--jsno'], 2, /unknown option '--jsno'/],
  ['import without a file', ['import'], 2, /missing required argument 'file'/],
  ['an unknown format', ['import', 'x', '--format', 'parquet'], 2, /parquet.* is invalid/],
  ['an invalid tick size', ['import', 'x', '--tick-size', 'abc'], 2, /abc/],
  ['an invalid symbol', ['import', 'x', '--symbol', 'BTC USDT@x y'], 2, /not NAME or NAME@venue/],
  ['an empty symbol', ['import', EXCERPT, '--symbol', ''], 2, /--symbol "" is not NAME/],
  ['a symbol with a blank', ['import', EXCERPT, '--symbol', 'BTC USDT'], 2, /not NAME or/],
  ['a missing file', ['import', 'nowhere.gz'], 2, /there is no file nowhere\.gz/],
  ['a folder', ['import', '.'], 2, /is not a file/],
  ['an unknown session', ['verify', 'nothing'], 2, /there is no (session|history)/],
  ['an export of an unknown session', ['export', 'nothing'], 2, /there is no session/],
  [
    'sessions of a missing file',
    ['sessions', '--json', '--db', 'typo.db'],
    2,
    /there is no history at .*typo\.db/,
  ],
  ['a history that is a folder', ['import', EXCERPT, '--db', '.'], 2, /is a folder, not a file/],
])('%s is reported on standard error', async (_, args, status, message) => {
  const outcome = await run(...args);
  expect(outcome.status).toBe(status);
  expect(outcome.err).toMatch(message);
  expect(outcome.out).toBe('');
});

test('a file of no known format is refused with status 1', async () => {
  const path = join(folder, 'notes.txt');
  writeFileSync(path, 'milk\nbread\n');
  const outcome = await run('import', path);
  expect(outcome).toMatchObject({ status: 1, out: '' });
  expect(outcome.err).toMatch(/^tapedeck: notes\.txt is of no known format/);
});

test.each([['--help'], ['import', '--help'], ['sessions', '--help'], ['verify', '--help']])(
  'help: %s %s',
  async (...args) => {
    const outcome = await run(...args.filter((arg) => arg !== undefined));
    expect(outcome.status).toBe(0);
    expect(outcome.out).toMatch(/Usage: tapedeck/);
  },
);

test('help of live says each default once', async () => {
  const { out } = await run('live', '--help');
  expect(out.match(/--every <time>.*/)?.[0]).toMatch(/refresh interval \(default: 1s\)$/);
});

test('verify says that a session has no recorded data, and fails', async () => {
  const history = openHistory(db);
  const session = { label: 'Empty', source: 'import', state: 'recording', origin: {} } as const;
  history.sessions.create({ id: 'empty', now: Date.now(), ...session });
  history.close();
  const { status, out } = await run('verify', 'empty');
  expect({ status, out }).toEqual({
    status: 1,
    out: 'session empty: no data recorded\n',
  });
});
