/* An operator changes the simulated scenario: everyone is notified, and the session records what was played when. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';

import { TestFeed } from '../../test/test-feed.ts';
import { MODEL_VERSION } from '../source/simulator/model-version.ts';
import { SCENARIO_NAMES } from '../source/simulator/scenario.ts';

let feed: TestFeed;

beforeAll(async () => {
  feed = await TestFeed.start({ TAPEDECK_SEED: '11' });
}, 60_000);
afterAll(() => feed.close());

const now = async () => (await feed.get('/v1/simulation')).body;

test('a change is confirmed, shown in the status, announced to all and stored with the session', async () => {
  expect(await now()).toMatchObject({ scenario: 'normal', seed: 11, changes: [] });
  const before = Date.now();
  const answer = await feed.post('/v1/simulation', { scenario: 'flash-crash' });
  expect(answer).toMatchObject({ status: 200, body: { scenario: 'flash-crash' } });
  const { changes } = answer.body as { readonly changes: readonly { readonly at: number }[] };
  const { at } = must(changes[0], 'the change');
  expect(Math.abs(at - before)).toBeLessThan(2_000);
  expect((await feed.get('/v1/status')).body).toMatchObject({ scenario: 'flash-crash', seed: 11 });

  const told = await until(async () => {
    const { events } = (await feed.get('/v1/status')).body as {
      readonly events: readonly { readonly kind: string; readonly message: string }[];
    };
    return events.find(({ kind }) => kind === 'scenario');
  });
  expect(told.message).toContain('from here on scenario flash-crash');

  const session = await until(async () => {
    const { sessions } = (await feed.get('/v1/sessions')).body as {
      readonly sessions: readonly { readonly open: boolean; readonly origin: object }[];
    };
    return sessions.find(({ open, origin }) => open && 'changes' in origin);
  });
  expect(session).toMatchObject({
    source: 'sim',
    label: 'Simulated, several scenarios',
    origin: { seed: 11, scenario: 'normal', changes: [{ at, scenario: 'flash-crash' }] },
  });
});

test('seed, scenario and model version are stored with every session, also after a restart', async () => {
  const settings = { TAPEDECK_SEED: '5', TAPEDECK_SCENARIO: 'thin-book' };
  const other = await TestFeed.start(settings);
  const sessions = await until(async () => {
    const { body } = await other.get('/v1/sessions');
    const all = (body as { readonly sessions: readonly { readonly origin: object }[] }).sessions;
    return all.length > 1 ? all : undefined;
  });
  for (const { origin } of sessions)
    expect(origin).toMatchObject({ seed: 5, scenario: 'thin-book', modelVersion: MODEL_VERSION });
  expect((await other.get('/v1/status')).body).toMatchObject({
    seed: 5,
    scenario: 'thin-book',
    modelVersion: MODEL_VERSION,
  });
  await other.close();
});

test('every scenario can be chosen at run time', async () => {
  const { scenarios } = (await now()) as {
    readonly scenarios: readonly { readonly name: string }[];
  };
  expect(scenarios.map(({ name }) => name)).toEqual(SCENARIO_NAMES);
  for (const scenario of SCENARIO_NAMES) {
    const answer = await feed.post('/v1/simulation', { scenario });
    expect(answer).toMatchObject({ status: 200, body: { scenario } });
  }
});

test('an unknown scenario is refused by name', async () => {
  const before = await now();
  const answer = await feed.post('/v1/simulation', { scenario: 'moon' });
  expect(answer).toMatchObject({
    status: 400,
    body: {
      error: { code: 107, message: expect.stringContaining('"moon" is not one of') as string },
    },
  });
  expect((await feed.post('/v1/simulation', { scenario: 5 })).status).toBe(400);
  expect((await feed.post('/v1/simulation', {})).status).toBe(400);
  expect(await now()).toEqual(before);
});

test('P24a: only an operator may change it', async () => {
  const foreign = { 'x-forwarded-for': '203.0.113.9' };
  expect((await feed.post('/v1/simulation', { scenario: 'quiet' }, foreign)).status).toBe(403);
});

test('a feed that is not simulated says so', async () => {
  const bare = await TestFeed.start({ TAPEDECK_SOURCE: 'none' });
  const refused = { status: 400, body: { error: { code: 107 } } };
  expect(await bare.get('/v1/simulation')).toMatchObject(refused);
  expect(await bare.post('/v1/simulation', { scenario: 'quiet' })).toMatchObject(refused);
  await bare.close();
});

/** The result of `look`, polled until there is one. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
