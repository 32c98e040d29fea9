/* The events of an engine: one stream for all of its pages, over a real connection. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';

import { systemClock } from '../../clock/system-clock.ts';
import type { FromDeckWorker } from '../model/deck-port.ts';
import { DeckEngine } from './deck-engine.ts';

const headline = (id: string): object => ({ id, time: 1, source: 's', symbols: [], title: 'T' });

/** A feed with an event log, and an engine whose link never opens. */
async function connect(isShared: boolean) {
  const asked: URL[] = [];
  const log: { id: string; event: string; data: object }[] = [];
  const streams = new Set<ServerResponse>();
  let tokens: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://feed');
    asked.push(url);
    tokens = [...tokens, request.headers.authorization];
    const from = `e:${log.length}`;
    const last = url.searchParams.get('last_event_id') ?? url.searchParams.get('id');
    const resume = last === null ? 'none' : 'full';
    const sync = { from, resume, lost: 0, now: 1 };
    if (url.pathname === '/v1/events') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(`event: sync\ndata: ${JSON.stringify(sync)}\n\n`);
      streams.add(response);
      return;
    }
    const known = Number((last ?? from).split(':')[1]);
    const events = log.slice(known);
    response.end(JSON.stringify({ sync, events, next: from }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const engine = new DeckEngine({
    isShared,
    // Between two polls are three seconds: only their order is tested.
    clock: {
      ...systemClock,
      after: (delayMs, task) => systemClock.after(delayMs === 3_000 ? 30 : delayMs, task),
    },
    random: new Random(5),
    openSocket: () => ({ send: () => {}, drop: () => {} }),
    loadFallback: () => Promise.reject(new Error('not needed')),
    fetch,
    probe: (asking) => Promise.resolve(asking === origin),
  });
  onTestFinished(() => {
    engine.stop();
    server.closeAllConnections();
    server.close();
  });
  const attach = (): FromDeckWorker[] => {
    const heard: FromDeckWorker[] = [];
    const page = engine.attach((message) => void heard.push(message));
    page.hear({
      type: 'start',
      // The first address does not answer: requests go to the other.
      addresses: { direct: 'http://127.0.0.1:1', sameOrigin: origin },
      preferSameOrigin: false,
      token: 's3',
      replayId: undefined,
    });
    return heard;
  };
  return {
    attach,
    asked,
    tokens: () => tokens,
    happen: (id: string): void => {
      const entry = { id: `e:${log.length + 1}`, event: 'news', data: headline(id) };
      log.push(entry);
      for (const stream of streams)
        stream.write(`id: ${entry.id}\nevent: news\ndata: ${JSON.stringify(entry.data)}\n\n`);
    },
  };
}

const syncs = (heard: readonly FromDeckWorker[]): readonly string[] =>
  heard.flatMap((message) => (message.type === 'sync' ? [message.resume] : []));
const events = (heard: readonly FromDeckWorker[]): readonly string[] =>
  heard.flatMap((message) => (message.type === 'event' ? [message.event.id] : []));

test('P19: pages share one stream; one that attaches later reads again, and misses no event', async () => {
  const { attach, asked, tokens, happen } = await connect(true);
  const first = attach();
  await expect.poll(() => syncs(first)).toEqual(['none']);
  happen('before');
  await expect.poll(() => events(first)).toEqual(['e:1']);
  // Whatever the late page read before this moment, it is told to read again: `before` may not be in it.
  const late = attach();
  expect(syncs(late)).toEqual(['none']);
  expect(late).toContainEqual({
    type: 'events-state',
    view: { state: 'open', resume: 'none', lost: 0, chaos: false },
  });
  happen('after');
  await expect.poll(() => [events(first), events(late)]).toEqual([['e:1', 'e:2'], ['e:2']]);
  expect(asked.map(({ pathname }) => pathname)).toEqual(['/v1/events']);
  expect(tokens()).toEqual(['Bearer s3']);
});

test('a page with an engine of its own keeps no connection: its events are polled', async () => {
  const { attach, asked, happen } = await connect(false);
  const heard = attach();
  await expect.poll(() => syncs(heard)).toEqual(['none']);
  happen('polled');
  await expect.poll(() => events(heard)).toEqual(['e:1']);
  await expect.poll(() => asked.length).toBeGreaterThan(4);
  expect(new Set(asked.map(({ pathname }) => pathname))).toEqual(new Set(['/v1/events/since']));
  expect(events(heard)).toEqual(['e:1']);
});
