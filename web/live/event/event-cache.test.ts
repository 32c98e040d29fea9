import { QueryClient } from '@tanstack/react-query';
import { expect, test } from 'vitest';

import type { AlertRule } from '@tapedeck/market/wire/alert';
import type { AlertEvent, AlertState } from '@tapedeck/market/wire/event';
import type { AlertsBody, NewsBody } from '@tapedeck/market/wire/http';

import { queryKeys } from '../../queries/query-keys.ts';
import { applyEvent, isBeingRead } from './event-cache.ts';

const RULE: AlertRule = {
  id: 'r1',
  symbol: 'BTC-USD@sim',
  kind: 'at-least',
  priceTicks: 10,
  forMs: 0,
  repeat: 'once',
  note: '',
  enabled: true,
  createdAt: 1,
  state: 'normal',
};

/** A page that knows one rule, and the effect of an alert event on it. */
function page(rule: AlertRule = RULE) {
  const client = new QueryClient();
  client.setQueryData<AlertsBody>(queryKeys.alerts, { rules: [rule], log: [] });
  const tell = (previousState: AlertState, state: AlertState, ruleId = 'r1') => {
    const body: AlertEvent = {
      ...{ id: 'a1', ruleId, time: 77, symbol: RULE.symbol, previousState, state },
      ...{ message: 'm', value: null },
    };
    applyEvent(client, { id: 'e:1', topic: 'alert', body });
  };
  return {
    tell,
    rule: () => client.getQueryData<AlertsBody>(queryKeys.alerts)?.rules[0],
    isFetched: () => client.getQueryState(queryKeys.alerts)?.isInvalidated === true,
  };
}

test('P13e: a rule that was created, changed or deleted elsewhere is fetched again', () => {
  for (const ruleId of ['r1', 'r2']) {
    const one = page();
    one.tell('normal', 'normal', ruleId);
    expect(one.isFetched(), ruleId).toBe(true);
  }
  const firing = page();
  firing.tell('pending', 'firing');
  expect(firing.isFetched()).toBe(false);
});

test('P13d, P13e: a rule that fires once has fired and is off; data that returns is not a new firing', () => {
  const once = page();
  once.tell('pending', 'firing');
  expect(once.rule()).toMatchObject({ state: 'firing', firedAt: 77, enabled: false });
  const every = page({ ...RULE, repeat: 'every', firedAt: 5, state: 'no-data' });
  every.tell('no-data', 'firing');
  expect(every.rule()).toMatchObject({ state: 'firing', firedAt: 5, enabled: true });
});

test('a headline without symbols concerns every market, as in /v1/news; another market’s does not', () => {
  const client = new QueryClient();
  const key = queryKeys.news({ symbols: ['BTC-USD@sim'] });
  client.setQueryData<NewsBody>(key, { headlines: [] });
  for (const [id, symbols] of [
    ['all', []],
    ['other', ['ETH-USD@sim']],
    ['own', ['BTC-USD@sim', 'ETH-USD@sim']],
  ] as const) {
    const body = { id, symbols, time: 1, source: 'desk', title: id };
    applyEvent(client, { id: `e:${id}`, topic: 'news', body });
  }
  const shown = client.getQueryData<NewsBody>(key)?.headlines.map(({ id }) => id);
  expect(shown?.toSorted()).toEqual(['all', 'own']);
});

test('an event during a read is noticed: the answer may be older and would replace what the event has changed', async () => {
  const client = new QueryClient();
  let answer: (body: NewsBody) => void = () => {};
  const queryKey = [...queryKeys.allNews, {}] as const;
  const event = {
    id: 'e:1',
    topic: 'news',
    body: { id: 'h', time: 2, source: 's', symbols: [], title: 't' },
  } as const;
  expect(isBeingRead(client, event)).toBe(false);
  const reading = client.fetchQuery({
    queryKey,
    queryFn: () => new Promise<NewsBody>((resolve) => (answer = resolve)),
  });
  expect(isBeingRead(client, event)).toBe(true);
  answer({ headlines: [] } as unknown as NewsBody);
  await reading;
  expect(isBeingRead(client, event)).toBe(false);
});
