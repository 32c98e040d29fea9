import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';
import type { LoggedEvent, SyncBody } from '@tapedeck/market/wire/event';

import { systemClock } from '../../clock/system-clock.ts';
import { EventStream } from './event-stream.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

/** A connection has eight seconds for its first message: more than any pause between two of them here. */
const SYNC_WITHIN_MS = 8_000;

/**
 * A stream against a real server played by the test. Pauses between connections are shortened, since only their order
 * is tested; deadlines are shortened only where a test needs them to pass, or a busy machine would miss them.
 */
async function connect(handle: Handler, { areDeadlinesShort = false, isPolled = false } = {}) {
  const urls: URL[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://feed');
    urls.push(url);
    handle(request, response, url);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const events: LoggedEvent[] = [];
  const syncs: SyncBody[] = [];
  const stream = new EventStream({
    clock: {
      ...systemClock,
      after: (delayMs, task) => {
        const isShort = areDeadlinesShort || delayMs < SYNC_WITHIN_MS;
        return systemClock.after(isShort ? delayMs / 50 : delayMs, task);
      },
    },
    random: new Random(9),
    isPolled,
    async fetch(path, init) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
      if (!response.ok) throw new Error(`status ${response.status}`);
      return response;
    },
    onEvent: (event) => void events.push(event),
    onSync: (sync) => void syncs.push(sync),
  });
  onTestFinished(() => {
    stream.stop();
    server.closeAllConnections();
    server.close();
  });
  return { stream, events, syncs, urls };
}

const SYNC = { from: 'e1:4', resume: 'full', lost: 0, now: 1 };
const NEWS = { id: 'h1', time: 1, source: 's', symbols: [], title: 'Café opens' };

function sse(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
}

test('P19: sync, then events with their ids; after a cut the stream resumes behind the last one', async () => {
  let connects = 0;
  const { stream, events, syncs, urls } = await connect((_request, response) => {
    connects++;
    sse(response);
    response.write(`event: sync\ndata: ${JSON.stringify(SYNC)}\n\n`);
    if (connects > 1) return;
    response.write(`: still here\n\nid: e1:5\nevent: news\ndata: ${JSON.stringify(NEWS)}\n\n`);
    response.end('id: e1:6\nevent: unheard-of\ndata: {}\n\n');
  });
  stream.follow(undefined);
  await expect.poll(() => syncs.length).toBe(2);
  expect(events).toEqual([{ id: 'e1:5', topic: 'news', body: NEWS }]);
  expect(urls[0]?.searchParams.get('topics')).toBe('news,status,alert,session');
  expect(urls[0]?.searchParams.has('last_event_id')).toBe(false);
  expect(urls[1]?.searchParams.get('last_event_id')).toBe('e1:6');
  expect(stream.view.getSnapshot()).toMatchObject({ state: 'open', resume: 'full', lost: 0 });
});

test('P19: when the link is back, a silent stream reconnects at once, behind its last event', async () => {
  const { stream, events, syncs, urls } = await connect((_request, response) => {
    sse(response);
    response.write(`event: sync\ndata: ${JSON.stringify(SYNC)}\n\n`);
    response.write(`id: e1:5\nevent: news\ndata: ${JSON.stringify(NEWS)}\n\n`);
    // And never another byte, like a cut network: the dead-man timer has 40 s.
  });
  stream.follow(undefined);
  await expect.poll(() => events.length).toBe(1);
  stream.reconnect();
  await expect.poll(() => syncs.length).toBe(2);
  expect(urls.map((url) => url.searchParams.get('last_event_id'))).toEqual([null, 'e1:5']);
});

test('injected faults are known from the first message, and from the moment they begin or end', async () => {
  let connects = 0;
  const status = (id: number, severity: string) => {
    const body = { time: 1, severity, kind: 'chaos', symbols: [], message: 'on purpose' };
    return `id: e1:${id}\nevent: status\ndata: ${JSON.stringify(body)}\n\n`;
  };
  const { stream, events } = await connect((_request, response) => {
    sse(response);
    const sync = connects++ === 0 ? { ...SYNC, chaos: true } : SYNC;
    response.write(`event: sync\ndata: ${JSON.stringify(sync)}\n\n`);
    if (connects === 1) response.end(status(5, 'info'));
    else response.write(status(6, 'critical'));
  });
  const seen: (boolean | undefined)[] = [];
  stream.view.subscribe(() => {
    const { chaos } = stream.view.getSnapshot();
    if (chaos !== seen.at(-1)) seen.push(chaos);
  });
  stream.follow(undefined);
  await expect.poll(() => events.length).toBe(2);
  expect(seen.filter((each) => each !== undefined)).toEqual([true, false, true]);
});

test('if streams are held back, the same events come by polling', async () => {
  const proxy: Handler = (_request, response, url) => {
    if (url.pathname === '/v1/events') {
      // A proxy that buffers: the headers come, the body does not.
      sse(response);
      response.flushHeaders();
      return;
    }
    const isFirst = url.searchParams.get('id') === null;
    const body = {
      sync: SYNC,
      events: isFirst ? [{ id: 'e1:5', event: 'news', data: NEWS }] : [],
      next: 'e1:5',
    };
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  };
  const { stream, events } = await connect(proxy, { areDeadlinesShort: true });
  stream.follow(undefined);
  await expect.poll(() => stream.view.getSnapshot().state).toBe('polling');
  expect(events.map(({ id }) => id)).toEqual(['e1:5']);
});

test('a replay has its own log: it does not resume the live one', async () => {
  const { stream, urls, syncs } = await connect((_request, response) => {
    sse(response);
    response.write(`event: sync\ndata: ${JSON.stringify(SYNC)}\n\n`);
  });
  stream.follow(undefined);
  await expect.poll(() => syncs.length).toBe(1);
  stream.follow('r1');
  await expect.poll(() => syncs.length).toBe(2);
  expect(urls[1]?.searchParams.get('replay')).toBe('r1');
  expect(urls[1]?.searchParams.has('last_event_id')).toBe(false);
  stream.follow('r1');
  expect(urls.length).toBe(2);
});

test('a poll that is not answered ends, and another one begins', async () => {
  let polls = 0;
  const { stream, syncs, urls } = await connect(
    (_request, response) => {
      if (++polls === 1) response.end(JSON.stringify({ sync: SYNC, events: [], next: 'e1:4' }));
      // The second hangs, like a feed that hangs.
      if (polls > 2) response.end(JSON.stringify({ sync: SYNC, events: [], next: 'e1:4' }));
    },
    { areDeadlinesShort: true, isPolled: true },
  );
  const states: string[] = [];
  stream.view.subscribe(() => states.push(stream.view.getSnapshot().state));
  stream.follow(undefined);
  await expect.poll(() => polls).toBeGreaterThan(3);
  expect(states).toEqual(['polling', 'waiting', 'polling']);
  expect(syncs.length).toBeGreaterThan(1);
  expect(urls.every(({ pathname }) => pathname === '/v1/events/since')).toBe(true);
});
