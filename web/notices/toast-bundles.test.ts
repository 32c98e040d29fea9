import { expect, test } from 'vitest';

import type { StatusBody } from '@tapedeck/market/wire/event';

import { noticeOf, type Notice } from './notification-store.ts';
import { ToastBundles, type Toast } from './toast-bundles.ts';

const SYMBOLS = ['BTC-USD@sim', 'ETH-USD@sim', 'SOL-USD@sim', 'ACME@sim', 'EUR-USD@sim'];

let seq = 0;
function said(kind: string, symbols: readonly string[], message: string, time = 1_000): Notice {
  const body: StatusBody = { time, severity: 'warning', kind, symbols, message };
  const notice = noticeOf({ id: `e:${++seq}`, topic: 'status', body });
  if (notice === undefined) throw new Error('a warning is a notice');
  return notice;
}
const reset = (symbol: string, time?: number) =>
  said('market-reset', [symbol], `${symbol} restarts (upstream-gap)`, time);
const alert = (id: string, state: 'firing' | 'no-data'): Notice => {
  const body = { id, ruleId: id, time: 1_000, state, message: `${id} of BTC-USD@sim` };
  const notice = noticeOf({
    id: `e:${++seq}`,
    topic: 'alert',
    body: { ...body, symbol: 'BTC-USD@sim', value: null },
  } as unknown as Parameters<typeof noticeOf>[0]);
  if (notice === undefined) throw new Error('an alert is a notice');
  return notice;
};

/** The toasts on the page after all `notices`. */
function shown(notices: readonly Notice[]): readonly Toast[] {
  const bundles = new ToastBundles();
  const toasts = new Map<string, Toast>();
  for (const notice of notices) {
    const toast = bundles.add(notice);
    toasts.set(toast.id, toast);
  }
  return [...toasts.values()];
}

test('a feed that hung and came back is one toast, which names the cause and counts', () => {
  const toasts = shown([
    said('venue-link', SYMBOLS, 'the simulator was stopped for 9 s'),
    ...SYMBOLS.map((symbol, at) => reset(symbol, 1_001 + at)),
  ]);
  expect(toasts).toHaveLength(1);
  expect(toasts[0]).toMatchObject({
    tone: 'warning',
    title: 'the simulator was stopped for 9 s',
    detail: '6 messages · BTC-USD@sim, ETH-USD@sim, SOL-USD@sim +2',
  });
});

test('the same message for several symbols is one toast; for one symbol it is shown unchanged', () => {
  expect(shown(SYMBOLS.map((symbol) => reset(symbol)))).toEqual([
    expect.objectContaining({
      title: 'BTC-USD@sim restarts (upstream-gap)',
      detail: '5 messages · BTC-USD@sim, ETH-USD@sim, SOL-USD@sim +2',
    }),
  ]);
  expect(shown([reset('ACME@sim')])[0]?.detail).toBe('ACME@sim');
});

test('a market’s state that comes before its reason takes the title of the reason', () => {
  const toasts = shown([
    said('market-halted', ['BTC-USD@sim'], 'BTC-USD@sim is halted (halt)'),
    said('halt', ['BTC-USD@sim'], 'BTC-USD@sim halted: volatility auction, 60 s'),
  ]);
  expect(toasts.map(({ title }) => title)).toEqual([
    'BTC-USD@sim halted: volatility auction, 60 s',
  ]);
});

test('another cause, another symbol’s state and a later time get toasts of their own', () => {
  expect(
    shown([
      reset('BTC-USD@sim'),
      said('market-halted', ['ETH-USD@sim'], 'ETH-USD@sim is halted (halt)'),
      said('recorder', [], 'the recorder is behind'),
      reset('BTC-USD@sim', 4_000),
    ]),
  ).toHaveLength(4);
});

test('firing alerts are never joined', () => {
  expect(shown([alert('a', 'firing'), alert('b', 'firing')])).toHaveLength(2);
});
