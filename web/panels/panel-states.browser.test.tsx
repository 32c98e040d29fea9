/*
 * Every panel of market data in every state, in a real browser: it names the state, shows its values or says why not,
 * dims what is old and nothing else, is accessible, and does all of this at a phone's width, too.
 */
import type { ReactNode } from 'react';
import { beforeEach, describe, expect, test } from 'vitest';
import { page } from 'vitest/browser';

import { must } from '@tapedeck/market/number/assert';
import type { Moment } from '@tapedeck/market/time/clock';

import { timeText } from '../format/time-text.ts';
import { useTickers } from '../live/live.ts';
import type { TopicHealth } from '../live/model/deck-port.ts';
import type { Topic } from '../live/model/topics.ts';
import { Watchlist } from '../screens/overview/watchlist.tsx';
import { WallStage } from '../screens/wall/wall-stage.tsx';
import { ChartPanel } from './chart/chart-panel.tsx';
import { TradeHeader } from './header/trade-header.tsx';
import { LadderPanel } from './ladder/ladder-panel.tsx';
import { TapePanel } from './tape/tape-panel.tsx';
import { before, candlesAt, INSTRUMENT, LAST_PRICE, SYMBOL } from './test-market.ts';
import {
  type Answers,
  cutTexts,
  opacityOf,
  type Script,
  seriousFindings,
  showPanel,
} from './test-panel.tsx';

const DESK = [1024, 640] as const;
const PHONE = [320, 568] as const;
const LISTED = { ...INSTRUMENT, state: 'ok' } as const;
const SYMBOLS = [SYMBOL];

const FEED: Answers = {
  '/v1/instruments': () => ({ instruments: [LISTED] }),
  '/v1/replays/r1': () => ({ id: 'r1', symbols: SYMBOLS }),
  '/v1/candles': (now, url) =>
    candlesAt(now, url.searchParams.get('interval') === '15m' ? '15m' : '1m'),
};

type PanelName = 'ladder' | 'tape' | 'chart' | 'header' | 'watchlist' | 'wall tile';
type Panel = {
  readonly node: ReactNode;
  /** The state in words. */
  readonly words: string;
  /** Values that, when old, must not be mistaken for current ones. */
  readonly values: string;
  /** It shows best prices, so it also shows whether they cross. */
  readonly hasBest?: true;
  /** Without a value it shows a notice; the other panels show a dash. */
  readonly hasNotice?: true;
};

const PILL = '[data-testid=state-pill]';
const PANELS: Readonly<Record<PanelName, Panel>> = {
  ladder: {
    node: <LadderPanel symbol={SYMBOL} />,
    words: PILL,
    values: '[role=row]',
    hasBest: true,
    hasNotice: true,
  },
  tape: {
    node: <TapePanel symbol={SYMBOL} />,
    words: PILL,
    values: '[role=row]',
    hasNotice: true,
  },
  chart: {
    node: <ChartPanel symbol={SYMBOL} />,
    words: PILL,
    values: '[data-testid=chart-canvas] canvas',
    hasNotice: true,
  },
  header: {
    node: <TradeHeader symbol={SYMBOL} />,
    words: PILL,
    values: '[data-testid=last-price]',
    hasBest: true,
  },
  watchlist: {
    node: <Watchlist symbols={SYMBOLS} />,
    words: PILL,
    values: 'td:nth-child(2)',
    hasBest: true,
  },
  'wall tile': {
    node: <WallOfOne />,
    words: '.wall-age',
    values: '.wall-price',
    hasBest: true,
  },
};

function WallOfOne() {
  const tickers = useTickers(SYMBOLS);
  return (
    <WallStage
      scene={{ at: 0, symbols: SYMBOLS }}
      tickers={tickers}
      served={SYMBOLS}
      instruments={[LISTED]}
    />
  );
}

type State = {
  readonly state: string;
  readonly script: Script;
  /** The state in words; panels with best prices may have `bestWords` instead. */
  readonly words: string | ((now: Moment) => string);
  readonly bestWords?: string;
  /** The values are dimmed. */
  readonly isOld?: true;
  /** No value is shown, only this. */
  readonly notice?: RegExp;
  /** The explanation of the words. */
  readonly detail: RegExp;
};

const aged = (ageMs: number, change: Partial<TopicHealth> = {}) => ({
  health: (now: Moment): Partial<TopicHealth> => {
    const { wall, at } = before(now, ageMs);
    return { eventTime: wall, arrivedAt: at, ...change };
  },
});
const waited = (ms: number): Script => ({
  hasValue: false,
  health: (now) => ({
    phase: 'awaiting',
    detail: 'the first data',
    since: before(now, ms).at,
    eventTime: undefined,
    arrivedAt: undefined,
  }),
});
const replayed = (change: Partial<TopicHealth> = {}, ageMs = 0): Script => ({
  isReplay: true,
  ...aged(ageMs, change),
});

const STATES: readonly State[] = [
  {
    state: 'loading',
    script: waited(3_000),
    words: 'LOADING',
    notice: /Waiting for the first data/,
    detail: /^Waiting for the first data$/,
  },
  {
    state: 'waited too long',
    script: waited(12_000),
    words: 'ERROR',
    notice: /waited 12 s for the first data.*Retry/,
    detail: /^waited 12 s for the first data$/,
  },
  { state: 'live', script: aged(200), words: 'LIVE 0.2s', detail: /^Fresh data$/ },
  { state: 'delayed', script: aged(3_000), words: 'DELAYED 3.0s', detail: /late, or polled/ },
  {
    state: 'polled',
    script: { ...aged(200), link: () => ({ transport: 'polling' }) },
    words: 'DELAYED 0.2s',
    detail: /late, or polled/,
  },
  {
    state: 'stale',
    script: aged(12_000),
    words: 'STALE 00:12',
    isOld: true,
    detail: /Do not act/,
  },
  {
    state: 'quiet',
    script: {
      health: (now) => ({
        ...aged(42_000).health(now),
        provenAt: before(now, 1_000).at,
        heardAt: before(now, 1_000).at,
      }),
    },
    words: 'QUIET 42s',
    detail: /nothing was missed/,
  },
  {
    state: 'resyncing over a gap',
    script: aged(2_000, { phase: 'resyncing', from: 1_204, to: 1_211 }),
    words: 'RESYNCING 1,204 → 1,211',
    isOld: true,
    detail: /A gap in the sequence/,
  },
  {
    state: 'resyncing for a snapshot',
    script: aged(3_000, { phase: 'resyncing' }),
    words: 'RESYNCING 00:03',
    isOld: true,
    detail: /snapshot is on its way/,
  },
  {
    state: 'halted',
    script: aged(9_000, { phase: 'halted', detail: 'volatility pause' }),
    words: 'HALTED',
    detail: /^volatility pause$/,
  },
  {
    state: 'crossed',
    script: { ...aged(200), meeting: 'crossed' },
    words: 'LIVE 0.2s',
    bestWords: 'CROSSED 0.2s',
    detail: /^Fresh data$|do not trust the spread/,
  },
  {
    state: 'locked',
    script: { ...aged(3_000), meeting: 'locked' },
    words: 'DELAYED 3.0s',
    bestWords: 'LOCKED 3.0s',
    detail: /late, or polled|the same price/,
  },
  {
    state: 'stale and crossed',
    script: { ...aged(12_000), meeting: 'crossed' },
    words: 'STALE 00:12',
    isOld: true,
    detail: /Do not act/,
  },
  {
    state: 'disconnected',
    script: {
      ...aged(12_000),
      link: (now) => ({
        state: 'waiting',
        reason: 'the link broke',
        retryAt: before(now, -60_000).at,
      }),
    },
    words: 'DISCONNECTED 00:12',
    isOld: true,
    detail: /^Next try in (60|5\d) s$/,
  },
  {
    state: 'disconnected for good',
    script: { ...aged(12_000), link: () => ({ state: 'closed', reason: 'too old a page' }) },
    words: 'DISCONNECTED 00:12',
    isOld: true,
    detail: /^No link to the feed$/,
  },
  {
    state: 'error',
    script: { ...aged(200, { phase: 'error', detail: 'the feed knows no such symbol' }) },
    words: 'ERROR',
    notice: /the feed knows no such symbol.*Retry/,
    detail: /^the feed knows no such symbol$/,
  },
  {
    state: 'replay',
    script: replayed(),
    words: ({ wall }) => `REPLAY ${timeText(wall, 'utc')}`,
    detail: /nothing here is live/,
  },
  {
    state: 'replay of a stale market',
    script: replayed({ phase: 'stale' }, 46_000),
    words: 'STALE 00:46',
    isOld: true,
    detail: /Do not act/,
  },
  {
    state: 'replay of a gap',
    script: replayed({ phase: 'resyncing' }, 3_000),
    words: 'RESYNCING 00:03',
    isOld: true,
    detail: /snapshot is on its way/,
  },
  {
    state: 'replay, disconnected',
    script: {
      ...replayed(),
      link: () => ({ state: 'waiting', reason: 'the link broke' }),
    },
    words: 'DISCONNECTED 01:00',
    isOld: true,
    detail: /^No link to the feed$/,
  },
];

beforeEach(() => page.viewport(...DESK));

for (const [name, panel] of Object.entries(PANELS)) {
  describe(name, () => {
    test.each(STATES)('$state', (state) => holds(panel, state));
  });
}

async function holds(panel: Panel, expected: State): Promise<void> {
  const { script, isOld = false, notice } = expected;
  const { place, now } = showPanel(panel.node, { answers: FEED, ...script });
  const state = () => place.querySelector(panel.words);
  const values = () => [...place.querySelectorAll(panel.values)];
  const words = panel.hasBest === true ? (expected.bestWords ?? expected.words) : expected.words;
  const text = typeof words === 'string' ? words : words(now);
  // On the wall an age by itself means live data.
  const shown = panel === PANELS['wall tile'] ? text.replace(/^LIVE /, '') : text;

  const says = async (): Promise<void> => {
    await expect.poll(() => state()?.textContent).toBe(shown);
    if (notice === undefined) {
      await expect.poll(() => place.textContent).toContain(LAST_PRICE);
      for (const value of values())
        if (isOld) expect(opacityOf(value)).toBeLessThan(0.6);
        else expect(opacityOf(value)).toBeGreaterThan(0.9);
    } else {
      expect(place.textContent).not.toContain(LAST_PRICE);
      if (panel.hasNotice === true) await expect.poll(() => place.textContent).toMatch(notice);
    }
    // A warning is never dimmed.
    expect(opacityOf(must(state(), 'the state in words'))).toBe(1);
  };

  await says();
  if (notice === undefined) expect(values().length).toBeGreaterThan(0);
  if (panel.words === PILL)
    await expect.poll(() => state()?.getAttribute('title')).toMatch(expected.detail);
  expect(await seriousFindings(place)).toEqual([]);

  await page.viewport(...PHONE);
  await expect.poll(() => innerWidth).toBe(PHONE[0]);
  await says();
  expect(cutTexts([must(state(), 'the state in words')])).toEqual([]);
  expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(PHONE[0]);
  expect(await seriousFindings(place)).toEqual([]);
}

describe('a recording without a book', () => {
  const withoutBook = (detail: string): Script => ({
    isReplay: true,
    answers: FEED,
    health: (_, topic: Topic) => (topic.kind === 'ladder' ? { phase: 'no-book', detail } : {}),
  });

  test.each([
    ['no-book', 'No book was recorded'],
    ['no-book-yet', 'No book at this moment'],
  ])('%s: the ladder says so and shows no book of another moment', async (detail, title) => {
    const { place } = showPanel(PANELS.ladder.node, withoutBook(detail));
    await expect.poll(() => place.querySelector(PILL)?.textContent).toBe('NO BOOK');
    expect(place.textContent).toContain(title);
    expect(place.querySelectorAll('[role=row]').length).toBe(0);
    expect(place.textContent).not.toContain(LAST_PRICE);
    expect(await seriousFindings(place)).toEqual([]);
  });

  test.each(['tape', 'chart', 'header'] as const)('the %s shows its values', async (name) => {
    const { place, now } = showPanel(PANELS[name].node, withoutBook('no-book'));
    await expect
      .poll(() => place.querySelector(PILL)?.textContent)
      .toBe(`REPLAY ${timeText(now.wall, 'utc')}`);
    await expect.poll(() => place.textContent).toContain(LAST_PRICE);
    for (const value of place.querySelectorAll(PANELS[name].values))
      expect(opacityOf(value)).toBe(1);
  });
});
