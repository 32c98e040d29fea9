import { relative } from 'node:path';

import { defineConfig } from 'oxlint';

import { ROOMS } from './rooms.ts';

/*
 * The rules that a machine can check (ARCHITECTURE.md describes them). Imports between packages and rooms
 * (`rooms.ts`) are restricted by patterns of forbidden imports. An override replaces a rule's options, so each list
 * below is complete; `scripts/lint-arrows.test.mjs` checks that every one of them works.
 */
type Arrow = { readonly message: string; readonly allowTypeImports?: boolean } & (
  | { readonly regex: string }
  | { readonly group: string[] }
);

const NO_PATH_INTO_A_SIBLING: Arrow = {
  regex:
    '^(\\.\\./)+(market|db|net|feed|web)/(src|app|live|screens|panels|shell|notices|address|http|queries|ui|hooks|format|migrations|scripts)/',
  message: 'Import another package by its name (@tapedeck/market/book/order-book), never by path.',
};
const NO_BARREL: Arrow = {
  regex: '^@tapedeck/[a-z]+$',
  message: 'Packages have no barrel: import a subpath (@tapedeck/market/book/order-book).',
};
const EVERYWHERE = [NO_PATH_INTO_A_SIBLING, NO_BARREL];

const MARKET: Arrow[] = [
  ...EVERYWHERE,
  {
    regex: '^(node:|@tapedeck/|hono|@hono/|drizzle|better-sqlite3|react|next|ws$)',
    message: 'market is pure: no I/O, no Node, no framework, no other package.',
  },
];
const MARKET_DOMAIN: Arrow[] = [
  ...MARKET,
  {
    regex: '^(zod|(\\.\\./)+wire/)',
    message: 'The domain runs without the wire and its schemas; it may import only their types.',
    allowTypeImports: true,
  },
];
const DB: Arrow[] = [
  ...EVERYWHERE,
  {
    regex: '^(@tapedeck/(feed|web)|hono|@hono/|react|next|ws$)',
    message: 'db may import only market, Drizzle and the driver, nothing above it.',
  },
];
const NET: Arrow[] = [
  ...EVERYWHERE,
  {
    regex: '^(@tapedeck/|hono|@hono/|drizzle|better-sqlite3|react|next|ws$)',
    message: 'net guards the sockets of any server: it may import only Node.',
  },
];
const FEED: Arrow[] = [
  ...EVERYWHERE,
  {
    regex: '^(@tapedeck/web|react|next)',
    message: 'feed may import market, db and net, never the web.',
  },
];
const FEED_SOURCES: Arrow[] = [
  ...FEED,
  {
    regex: '^(hono|@hono/)',
    message: 'Sources and the book engine do not depend on Hono.',
  },
];
const WEB: Arrow[] = [
  ...EVERYWHERE,
  {
    regex: '^(@tapedeck/(db|feed)|hono|@hono/|drizzle|better-sqlite3)',
    message: 'web may import only market and net; it reaches the feed over the wire.',
  },
];
/** Pages only place screens into the frame; the screens decide what is shown. */
const WEB_PAGES: Arrow[] = [
  ...WEB,
  {
    regex: '/(panels|queries|hooks|http|format|server)/|/live/.+/',
    message: 'A page imports its screen and the frame around it (shell, notices, ui, address).',
  },
];

/**
 * Time comes from a `Clock`: wall time to label, monotonic time to measure. One file per side reads the machine's.
 */
const CLOCK =
  'Get the time from a Clock (@tapedeck/market/time/clock): now() to label, monotonic() to measure.';
const NO_MACHINE_TIME: ['error', ...{ object: string; property: string; message: string }[]] = [
  'error',
  { object: 'Date', property: 'now', message: CLOCK },
  { object: 'performance', property: 'now', message: CLOCK },
];

const only = (patterns: Arrow[]) => ({
  'no-restricted-imports': ['error', { patterns }] as ['error', { patterns: Arrow[] }],
});

/** Forbidden imports of a room's package, and of rooms that must stay pure. */
function packageArrows(sources: keyof typeof ROOMS, room: string): Arrow[] {
  if (sources === 'market/src') return /^(wire|link)\b/.test(room) ? MARKET : MARKET_DOMAIN;
  if (sources === 'db/src') return DB;
  if (sources === 'net/src') return NET;
  if (sources === 'web') return WEB;
  return /^(venue|source|engine|import|recorder)\b/.test(room) ? FEED_SOURCES : FEED;
}

/** The other rooms of its package from which a room may not import. */
function roomArrow(sources: string, room: string, allowed: string, others: string[]): Arrow[] {
  const forbidden = others.filter((other) => other !== room && !allowed.split(' ').includes(other));
  const paths = forbidden.map((other) => {
    const path = relative(`/${sources}/${room}`, `/${sources}/${other}`);
    return (path.startsWith('.') ? path : `./${path}`).replaceAll('.', '\\.');
  });
  if (paths.length === 0) return [];
  const message = `${sources}/${room} may import only from ${allowed === '' ? 'itself, no other room' : allowed} (rooms.ts).`;
  return [{ regex: `^(${paths.join('|')})/[^/]+$`, message }];
}

const TESTS = ['**/*.test.{ts,tsx}', '**/test-*.ts', '**/test/**'];

const roomRules = Object.entries(ROOMS).flatMap(([sources, rooms]) =>
  Object.entries(rooms).map(([room, allowed]) => ({
    files: [`${room === '.' ? sources : `${sources}/${room}`}/*.{ts,tsx}`],
    excludeFiles: TESTS,
    rules: only([
      ...packageArrows(sources as keyof typeof ROOMS, room),
      ...roomArrow(sources, room, allowed, Object.keys(rooms)),
    ]),
  })),
);

export default defineConfig({
  plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import', 'react', 'nextjs', 'jsx-a11y'],
  categories: { correctness: 'error' },
  options: { typeAware: true },
  env: { es2024: true },
  ignorePatterns: ['**/next-env.d.ts', '**/.next/**', '**/dist/**', 'db/migrations/**'],
  settings: { next: { rootDir: 'web' } },
  rules: {
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    'typescript/switch-exhaustiveness-check': [
      'error',
      { considerDefaultExhaustiveForUnions: true },
    ],
    // Error messages show values from outside: String(unknown) is intended there.
    'typescript/no-base-to-string': 'off',
    // `new Array(n)` preallocates in hot paths.
    'unicorn/no-new-array': 'off',
    // A copy lets a set lose members while it is iterated.
    'unicorn/no-useless-spread': 'off',
    // Also for types: a cycle of types is a contract in the wrong file.
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'import/no-default-export': 'error',
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'no-console': 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    'no-unused-vars': [
      'error',
      { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
    ],
    eqeqeq: 'error',
    'max-lines': ['error', { max: 400 }],
    complexity: ['error', { max: 20 }],
    'react/rules-of-hooks': 'error',
    // The ladder and the tape are grids of divs: no native element scrolls and recycles rows as they need.
    'jsx-a11y/prefer-tag-over-role': 'off',
    // A panel is a region that handles pointer and keys for everything in it; the palette opens focused, for typing.
    'jsx-a11y/no-noninteractive-element-interactions': 'off',
    'jsx-a11y/no-autofocus': 'off',
    // Canvases and rows are drawn outside of React's renders, by objects that a ref holds from the first render on.
    'react/refs': 'off',
    'no-restricted-properties': NO_MACHINE_TIME,
    ...only(EVERYWHERE),
  },
  overrides: [
    { files: ['market/src/**'], rules: only(MARKET) },
    { files: ['db/**'], rules: only(DB) },
    { files: ['net/**'], rules: only(NET) },
    { files: ['feed/**'], rules: only(FEED) },
    { files: ['web/**'], rules: only(WEB) },
    { files: ['web/app/**'], rules: only(WEB_PAGES) },
    ...roomRules,
    // The JSX of a component has a branch for each state.
    { files: ['web/**/*.tsx'], rules: { complexity: ['error', { max: 26 }] } },
    {
      files: ['web/app/**', '**/*.config.{ts,mjs}'],
      rules: { 'import/no-default-export': 'off' },
    },
    {
      files: ['scripts/**', 'feed/src/tapedeck.ts', 'feed/src/cli/**'],
      rules: { 'no-console': 'off' },
    },
    // The two clocks, and code that measures the machine itself.
    {
      files: [
        '{feed/src/machine,web/clock}/system-clock.ts',
        'scripts/**',
        '**/{bench,soak,e2e}/**',
        '**/test-*.ts',
        '**/*.test.{ts,tsx}',
      ],
      rules: { 'no-restricted-properties': 'off' },
    },
    {
      files: ['**/*.test.ts', '**/*.test.tsx', '**/*.spec.ts'],
      // Property tests call the seeded generator again: the same call is not the same condition.
      rules: { 'max-lines': ['error', { max: 600 }], 'no-dupe-else-if': 'off' },
    },
  ],
});
