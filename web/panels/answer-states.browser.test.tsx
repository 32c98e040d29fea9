/*
 * Panels whose data is requested, not streamed, in a real browser: awaited, refused, empty, present, and with the
 * link cut. What has a time of its own stays as it is without a link.
 */
import type { ReactNode } from 'react';
import { beforeEach, describe, expect, test } from 'vitest';
import { page } from 'vitest/browser';

import type { Moment } from '@tapedeck/market/time/clock';
import type { AlertRule } from '@tapedeck/market/wire/alert';
import type { AlertsBody, NewsBody } from '@tapedeck/market/wire/http';

import { AlertsPanel } from './alerts/alerts-panel.tsx';
import { NewsPanel } from './news/news-panel.tsx';
import { INSTRUMENT, SYMBOL } from './test-market.ts';
import { opacityOf, type Script, seriousFindings, showPanel } from './test-panel.tsx';

const DESK = [1024, 640] as const;
const PHONE = [320, 568] as const;

const LINK = 'https://wire.example/story';

const newsAt = ({ wall }: Moment): NewsBody => ({
  headlines: [
    { id: '2', time: wall + 60_000, source: 'desk', symbols: [SYMBOL], title: 'A minute from now' },
    { id: '1', time: wall - 60_000, source: 'desk', symbols: [SYMBOL], title: 'A minute ago' },
  ],
});

const RULES = ['normal', 'pending', 'firing', 'recovering', 'no-data', 'error'] as const;
const alertsAt = ({ wall }: Moment): AlertsBody => ({
  rules: RULES.map((state, index): AlertRule => ({
    id: state,
    symbol: SYMBOL,
    kind: 'crosses',
    priceTicks: 6_123_450 + index,
    tickSize: INSTRUMENT.tickSize,
    forMs: 0,
    repeat: 'every',
    note: '',
    enabled: true,
    createdAt: wall,
    state,
  })),
  log: [],
});

const refusal = (): Response =>
  Response.json(
    { error: { code: 4_003, message: 'the history is closed', temporary: false } },
    { status: 503 },
  );
const cut: Pick<Script, 'link'> = { link: () => ({ state: 'waiting', reason: 'the link broke' }) };

type Panel = {
  readonly node: ReactNode;
  readonly path: string;
  readonly none: (now: Moment) => unknown;
  readonly some: (now: Moment) => unknown;
  readonly says: Readonly<Record<'loading' | 'empty', string>>;
  readonly shows: readonly string[];
};
const PANELS: Readonly<Record<string, Panel>> = {
  news: {
    node: <NewsPanel symbols={[SYMBOL]} />,
    path: '/v1/news',
    none: () => ({ headlines: [] }),
    some: newsAt,
    says: { loading: 'Loading headlines', empty: 'No headlines yet' },
    shows: ['A minute ago', 'A minute from now'],
  },
  alerts: {
    node: <AlertsPanel symbol={SYMBOL} />,
    path: '/v1/alerts',
    none: () => ({ rules: [], log: [] }),
    some: alertsAt,
    says: { loading: 'Loading alerts', empty: 'No alerts yet' },
    shows: ['normal', 'pending', 'firing', 'recovering', 'no data', 'error', '61,234.50'],
  },
};

beforeEach(() => page.viewport(...DESK));

describe.each(Object.entries(PANELS))('%s', (_, panel) => {
  test.each([
    ['awaited', undefined, {}, [panel.says.loading]],
    ['refused', refusal, {}, ['the history is closed', 'Retry']],
    ['none', panel.none, {}, [panel.says.empty]],
    ['some', panel.some, {}, panel.shows],
    ['some, and the link is cut', panel.some, cut, panel.shows],
  ] as const)('%s', async (_name, answer, link, texts) => {
    const answers = {
      '/v1/instruments': () => ({ instruments: [{ ...INSTRUMENT, state: 'ok' }] }),
      ...(answer !== undefined && { [panel.path]: answer }),
    };
    const { place } = showPanel(panel.node, { answers, ...link });
    for (const text of texts) await expect.poll(() => place.textContent).toContain(text);
    for (const row of place.querySelectorAll('li')) expect(opacityOf(row)).toBe(1);
    expect(await seriousFindings(place)).toEqual([]);
    await page.viewport(...PHONE);
    await expect.poll(() => innerWidth).toBe(PHONE[0]);
    for (const text of texts) expect(place.textContent).toContain(text);
    expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(PHONE[0]);
  });
});

test('a headline leads to its story in a tab of its own, and fits a phone whatever its title', async () => {
  await page.viewport(...PHONE);
  const long = 'x'.repeat(300);
  const news = (now: Moment): NewsBody => ({
    headlines: [
      ...newsAt(now).headlines,
      { ...{ id: '3', time: now.wall, source: long, symbols: [] }, title: long, link: LINK },
    ],
  });
  showPanel(<NewsPanel />, { answers: { '/v1/news': news } });
  const link = page.getByRole('link', { name: long });
  await expect.element(link).toHaveAttribute('href', LINK);
  await expect.element(link).toHaveAttribute('target', '_blank');
  await expect.element(link).toHaveAttribute('rel', 'noopener noreferrer');
  const list = link.element().closest('ol');
  expect(list?.scrollWidth).toBe(list?.clientWidth);
  // Without a link a title is only text.
  expect(page.getByRole('link', { name: 'A minute ago' }).elements()).toEqual([]);
});

test('news in a replay: headlines after its clock are not shown', async () => {
  const { place } = showPanel(<NewsPanel />, { isReplay: true, answers: { '/v1/news': newsAt } });
  await expect.poll(() => place.textContent).toContain('A minute ago');
  expect(place.textContent).not.toContain('A minute from now');
});
