import { expect, test } from 'vitest';

import type { HttpAnswer, HttpPort, HttpRequest, StreamEvents } from './http-port.ts';
import { openSse } from './sse-socket.ts';

const URL = 'http://feed:8080/v1/stream/sse?replay=r1&token=s%203';
const HELLO = '{"type":"hello","connection":"c7","key":"k","version":1}';

function answer(status: number, body = ''): HttpAnswer {
  return { status, body, header: () => null };
}

/** The feed's end: a stream that the test sends on, and requests that it answers at will. */
class FarSide implements HttpPort {
  readonly told: string[] = [];
  readonly requests: (HttpRequest & { readonly url: string })[] = [];
  #answers: ((answer: HttpAnswer | Error) => void)[] = [];
  events: StreamEvents | undefined;
  isDropped = false;
  readonly socket = openSse(this, URL, {
    opened: () => void this.told.push('opened'),
    frame: (frame) => void this.told.push(`frame ${String(frame)}`),
    closed: (code, reason) => void this.told.push(`closed ${code} ${reason}`),
    failed: (reason) => void this.told.push(`failed ${reason}`),
  });

  stream(_url: string, events: StreamEvents) {
    this.events = events;
    return { drop: () => void (this.isDropped = true) };
  }

  request(url: string, request: HttpRequest = {}): Promise<HttpAnswer> {
    this.requests.push({ url, ...request });
    return new Promise((resolve, reject) =>
      this.#answers.push((given) => (given instanceof Error ? reject(given) : resolve(given))),
    );
  }

  async answer(given: HttpAnswer | Error): Promise<void> {
    this.#answers.shift()?.(given);
    for (let turn = 0; turn < 8; turn++) await Promise.resolve();
  }
}

test('P31: hello opens it, and events are frames', () => {
  const far = new FarSide();
  far.events?.event('', `${HELLO}\n{"type":"heartbeat"}`);
  far.events?.event('', '{"type":"pong"}');
  expect(far.told).toEqual([
    'opened',
    `frame ${HELLO}\n{"type":"heartbeat"}`,
    'frame {"type":"pong"}',
  ]);
});

test('P31a: messages go out with the key, in order, and messages that accumulate share a request', async () => {
  const far = new FarSide();
  far.socket.send('1');
  expect(far.requests).toEqual([]);
  far.events?.event('', HELLO);
  far.socket.send('2');
  far.socket.send('3');
  expect(far.requests).toMatchObject([
    {
      url: 'http://feed:8080/v1/stream/sse/c7?token=s%203',
      method: 'POST',
      headers: { 'Stream-Key': 'k', 'Content-Type': 'application/json' },
      body: '1',
    },
  ]);
  await far.answer(answer(204));
  expect(far.requests[1]?.body).toBe('2\n3');
  far.socket.send('x'.repeat(16_000));
  far.socket.send('y'.repeat(16_000));
  await far.answer(answer(204));
  expect(far.requests[2]?.body).toBe('x'.repeat(16_000));
  await far.answer(answer(204));
  expect(far.requests[3]?.body).toBe('y'.repeat(16_000));
});

test.each([
  ['the stream is gone', answer(404), 'failed the stream is gone'],
  ['a proxy is in the way', answer(502), 'failed not heard: status 502'],
  ['nothing answers', new Error('refused'), 'failed the feed cannot be reached'],
])('the socket ends when a message is not delivered because %s', async (_, given, told) => {
  const far = new FarSide();
  far.events?.event('', HELLO);
  far.socket.send('1');
  await far.answer(given);
  expect(far.told.at(-1)).toBe(told);
  expect(far.isDropped).toBe(true);
  far.events?.event('', 'late');
  far.events?.ended('late');
  expect(far.told.at(-1)).toBe(told);
});

test.each([
  ['{"code":4008,"reason":"slow"}', 'closed 4008 slow'],
  ['{"code":40', 'closed 1000 the stream ended'],
])('the close event %s ends the socket', (data, told) => {
  const far = new FarSide();
  far.events?.event('', HELLO);
  far.events?.event('close', data);
  far.events?.ended('the stream ended');
  expect(far.told.at(-1)).toBe(told);
});

const error = (code: number): string => JSON.stringify({ error: { code, message: 'why' } });
test.each([
  [401, error(101), 'closed 4500 why'],
  [403, error(103), 'closed 4507 why'],
  [404, error(102), 'closed 4510 why'],
  [429, error(111), 'closed 4504 why'],
  [503, error(120), 'closed 4013 why'],
  // Not from the feed: the network blocks.
  [403, '<html>forbidden</html>', 'failed refused with status 403'],
  [500, error(100), 'failed refused with status 500'],
])('a refusal with %i %s is reported as by a WebSocket', (status, body, told) => {
  const far = new FarSide();
  far.events?.refused(answer(status, body));
  expect(far.told).toEqual([told]);
});

test('a stream that does not begin with hello is not the feed’s', () => {
  const far = new FarSide();
  far.events?.event('', '{"type":"welcome"}');
  expect(far.told).toEqual(['failed the stream does not begin with hello']);
});
