/* Headlines with market impact, and session overviews, over HTTP; a replay shows nothing later than its clock. */

import type { OpenAPIHono } from '@hono/zod-openapi';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { IMPACT_HORIZONS, type ImpactHorizon } from '@tapedeck/db/event/headline-impact';
import type { History } from '@tapedeck/db/history';
import { TestHistory } from '@tapedeck/db/test/test-history';
import type { Session } from '@tapedeck/market/instrument/session';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';
import {
  type MeasuredHeadline,
  newsSchema,
  sessionDetailSchema,
  silhouetteSchema,
} from '@tapedeck/market/wire/http';

import { EventLog } from '../event/event-log.ts';
import { ReplayRooms } from '../replay/replay-rooms.ts';
import { simulatorWithHistory } from '../source/backfilled-history.ts';
import { ChannelIds } from '../stream/channel/channel-ids.ts';
import { historyRoutes } from './history-routes.ts';

const NOW = 1_760_000_000_000;
const HORIZONS = Object.entries(IMPACT_HORIZONS) as readonly (readonly [ImpactHorizon, number])[];
let disk: TestHistory;
let history: History;
let session: Session;
let rooms: ReplayRooms;
let work = 0;
let routes: OpenAPIHono;
const clock = new ManualClock(NOW + 3_600_000);

beforeAll(() => {
  disk = new TestHistory();
  history = disk.history;
  const scenario = 'normal';
  simulatorWithHistory(history, {
    seed: 4,
    scenario,
    speed: 1,
    clock: new ManualClock(NOW),
  }).close();
  session = must(history.sessions.list()[0], 'the made-up night');
  let id = 0;
  const ids = new ChannelIds();
  rooms = new ReplayRooms({ history, clock, ids, newId: () => `r${id++}`, workNow: () => 0 });
  const log = new EventLog('e');
  const isKnown = (symbol: string): boolean => session.symbols.includes(symbol);
  // Each reading of the clock is 3 ms later.
  const workNow = (): number => (work += 3);
  routes = historyRoutes({ history, log, rooms, clock, isKnown, workNow });
}, 60_000);

afterAll(() => {
  rooms.close();
  disk.close();
});

async function get(path: string): Promise<unknown> {
  const response = await routes.request(path);
  expect(response.status, path).toBe(200);
  return response.json();
}

const news = async (query: string): Promise<readonly MeasuredHeadline[]> =>
  newsSchema.parse(await get(`/v1/news?${query}`)).headlines;

test('P30: in a replay a move is pending until its clock gets there, and final afterwards', async () => {
  const whole = new Map(
    (await news(`session=${session.id}&limit=500`)).map((each) => [each.id, each.impact]),
  );
  const random = new Random(6);
  let pending = 0;
  let measured = 0;
  for (let round = 0; round < 12; round++) {
    const at = random.integer(session.from + 60_000, session.to);
    const room = rooms.create({ session: session.id, at });
    if ('error' in room) throw new Error(room.message);
    for (const headline of await news(`replay=${room.id}&limit=500`)) {
      expect(headline.time).toBeLessThan(at);
      for (const [i, impact] of (headline.impact ?? []).entries()) {
        const known = must(whole.get(headline.id)?.[i], 'the impact afterwards');
        for (const [horizon, ms] of HORIZONS) {
          const move = impact.moves[horizon];
          const isFuture = headline.time + ms > at;
          expect(move).toEqual(isFuture ? { state: 'pending' } : known.moves[horizon]);
          if (isFuture) pending++;
          if (move.state === 'ok') measured++;
        }
      }
    }
    rooms.delete(room.id);
  }
  expect(pending).toBeGreaterThan(5);
  expect(measured).toBeGreaterThan(50);
});

test('a silhouette has the requested symbols and number of points, and agrees with the session', async () => {
  const [first = '', second = ''] = session.symbols;
  const path = `/v1/sessions/${session.id}/silhouette`;
  const drawn = silhouetteSchema.parse(await get(`${path}?points=100&symbols=${second},${first}`));
  expect(drawn.markets.map(({ symbol }) => symbol)).toEqual([second, first]);
  expect(drawn).toMatchObject({ session: session.id, from: session.from, to: session.to });
  for (const { volume, spread } of drawn.markets) {
    expect(volume.length).toBeLessThanOrEqual(100);
    expect(spread.some((ticks) => ticks !== null && ticks > 0)).toBe(true);
  }
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const detail = sessionDetailSchema.parse(await get(`/v1/sessions/${session.id}`));
  expect(sum(drawn.markets[1]?.volume ?? [])).toBe(sum(detail.silhouette.volume[first] ?? []));
  const within = detail.headlines.filter(({ time }) => time >= session.from).length;
  expect(sum(drawn.news)).toBe(within);
});

test.each([
  ['/v1/sessions/none/silhouette', 404, 'none'],
  ['?points=0', 400, 'points'],
  ['?points=many', 400, 'points'],
  ['?symbols=NOPE@sim', 404, 'NOPE@sim'],
  ['?colour=red', 400, 'colour'],
])('%s is %i naming %s', async (path, status, named) => {
  const whole = path.startsWith('/') ? path : `/v1/sessions/${session.id}/silhouette${path}`;
  const app = routes;
  app.onError((error, c) => {
    const known = 'status' in error ? (error.status as 400) : 500;
    return c.json({ message: error.message }, known);
  });
  const response = await app.request(whole);
  expect(response.status).toBe(status);
  expect(await response.text()).toContain(named);
});

test('a silhouette and a session are made once for all clients, and one that has them gets 304', async () => {
  for (const path of [
    `/v1/sessions/${session.id}/silhouette?points=77`,
    `/v1/sessions/${session.id}`,
  ]) {
    const [first, second] = await Promise.all([routes.request(path), routes.request(path)]);
    expect(await first.text()).toBe(await second.text());
    const before = work;
    const third = await routes.request(path);
    expect(third.headers.get('etag')).toBe(first.headers.get('etag'));
    const tag = must(first.headers.get('etag') ?? undefined, 'the tag');
    const known = await routes.request(path, { headers: { 'if-none-match': tag } });
    expect(known.status).toBe(304);
    // The clock was not read, so nothing was drawn.
    expect(work).toBe(before);
  }
});

test('a silhouette is drawn over many turns of the event loop, so that other requests do not wait for all of it', async () => {
  let turns = 0;
  let isDrawn = false;
  const drawing = Promise.resolve(routes.request(`/v1/sessions/${session.id}/silhouette`)).finally(
    () => {
      isDrawn = true;
    },
  );
  const turn = (): void => {
    turns++;
    if (!isDrawn) setImmediate(turn);
  };
  setImmediate(turn);
  expect((await drawing).status).toBe(200);
  // Forty books, each reading the clock once; a turn has three readings.
  expect(turns).toBeGreaterThan(10);
});
