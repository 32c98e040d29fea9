/*
 * Badly behaved peers, generated from a seed, for tests that knock at a real port. A knock is bytes in pieces and a
 * way to leave; its result is a response, a close, or nothing, which is the fault that tests look for.
 */
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';

export type Knock = {
  readonly name: string;
  readonly pieces: readonly string[];
  /** `stay` waits for the server to act; the others leave once the pieces are written. */
  readonly ending: 'stay' | 'reset' | 'end' | 'destroy';
};

export type Outcome = 'answered' | 'closed' | 'left' | 'hung';

const ENDINGS = ['stay', 'stay', 'reset', 'reset', 'end', 'destroy'] as const;
const METHODS = ['GET', 'GET', 'POST', 'HEAD', 'TRACE', 'OPTIONS', 'DELETE', 'PROPFIND', 'BREW'];
const UPGRADES = [
  'h2c',
  'websocket',
  'WebSocket',
  'TLS/1.0',
  'h2c, websocket',
  '',
  'x'.repeat(300),
];
const KEYS = ['dGhlIHNhbXBsZSBub25jZQ==', 'short', ''];

/** One more bad peer; `random` returns numbers from 0 up to 1. */
export function knockOf(random: () => number, paths: readonly string[]): Knock {
  const below = (n: number): number => Math.floor(random() * n);
  const oneOf = <T>(list: readonly [T, ...T[]] | readonly T[]): T => list[below(list.length)] as T;
  const path = oneOf(paths);
  const host = 'Host: 127.0.0.1\r\n';
  const chunked = `${host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const upgrade = (): string =>
    `GET ${path} HTTP/1.1\r\n${host}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: ${oneOf(UPGRADES)}\r\n` +
    `HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nSec-WebSocket-Key: ${oneOf(KEYS)}\r\nSec-WebSocket-Version: 13\r\n\r\n`;
  const get = (): string => `${oneOf(METHODS)} ${path} HTTP/1.1\r\n${host}\r\n`;
  const kinds: Readonly<Record<string, () => string>> = {
    upgrade,
    'upgrade and frames': () => `${upgrade()}\x81\x85\x01\x02\x03\x04hello\x88\x80\x00\x00\x00\x00`,
    'h2 preface': () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    connect: () => `CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n`,
    request: get,
    'request of 1.0': () => `GET ${path} HTTP/1.0\r\n\r\n`,
    asterisk: () => `OPTIONS * HTTP/1.1\r\n${host}\r\n`,
    absolute: () => `GET http://127.0.0.1${path} HTTP/1.1\r\n${host}\r\n`,
    'absolute elsewhere': () => `GET http://evil.example/ HTTP/1.1\r\n${host}\r\n`,
    'no host': () => `GET ${path} HTTP/1.1\r\n\r\n`,
    'half headers': () => get().slice(0, 1 + below(60)),
    'body with a get': () => `GET ${path} HTTP/1.1\r\n${host}Content-Length: 4\r\n\r\nbody`,
    'half body': () =>
      `POST ${path} HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 900\r\n\r\n{"a":`,
    'half form': () =>
      `POST /v1/imports HTTP/1.1\r\n${host}Content-Type: multipart/form-data; boundary=x\r\n` +
      'Content-Length: 5000\r\n\r\n--x\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\n1,2',
    'bad chunk': () => `POST ${path} HTTP/1.1\r\n${chunked}zz\r\n{}\r\n0\r\n\r\n`,
    'half chunk': () => `POST ${path} HTTP/1.1\r\n${chunked}ff\r\n{"a"`,
    'two lengths': () =>
      `POST ${path} HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`,
    expectation: () =>
      `POST ${path} HTTP/1.1\r\n${host}Expect: 100-continue\r\nContent-Length: 9\r\n\r\n`,
    'large headers': () => `GET ${path} HTTP/1.1\r\n${host}X: ${'x'.repeat(40_000)}\r\n\r\n`,
    pipelined: () => get().repeat(2 + below(20)),
    garbage: () =>
      Array.from({ length: 1 + below(400) }, () => String.fromCharCode(below(256))).join(''),
    silence: () => '',
    'tls hello': () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  };
  const name = oneOf(Object.keys(kinds));
  const text = (kinds[name] ?? get)();
  const cut = below(text.length + 1);
  const isCut = random() < 0.3;
  const pieces =
    random() < 0.5 ? [text] : [text.slice(0, cut), ...(isCut ? [] : [text.slice(cut)])];
  return { name, pieces: pieces.filter((piece) => piece !== ''), ending: oneOf(ENDINGS) };
}

/** Knocks once. A stream that opens (an upgrade, server-sent events) is closed from this side. */
export function knock(
  port: number,
  { pieces, ending }: Knock,
  patienceMs: number,
  onHeard: (text: string) => void = () => undefined,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    let heard = '';
    const timer = setTimeout(() => finish('hung'), patienceMs);
    const finish = (outcome: Outcome): void => {
      clearTimeout(timer);
      socket.resetAndDestroy();
      resolve(outcome);
    };
    const gone = (): void => finish(heard === '' ? 'closed' : 'answered');
    socket.on('error', gone);
    socket.on('close', gone);
    socket.on('end', gone);
    socket.on('data', (bytes: Buffer) => {
      onHeard(bytes.toString('latin1'));
      heard = (heard + bytes.toString('latin1')).slice(0, 4_000);
      const isStream = /^HTTP\/1\.1 101 |content-type: text\/event-stream/i.test(heard);
      if (isStream) finish('answered');
    });
    socket.once('connect', () => {
      const left = [...pieces];
      const next = (): void => {
        const piece = left.shift();
        if (piece !== undefined) socket.write(piece, 'latin1', () => void setImmediate(next));
        else if (ending === 'reset') finish('left');
        else if (ending === 'destroy') socket.destroy();
        else if (ending === 'end') socket.end();
      };
      next();
    });
  });
}

/** Peers that connect and send nothing; resolves once all are connected, with a function that closes them. */
export async function crowd(port: number, count: number): Promise<() => void> {
  const peers = Array.from({ length: count }, () => connect({ host: '127.0.0.1', port }));
  await Promise.all(
    peers.map(
      (peer) =>
        new Promise<void>((resolve) => {
          peer.once('connect', () => resolve());
          peer.on('error', () => resolve());
        }),
    ),
  );
  return () => {
    for (const peer of peers) peer.destroy();
  };
}

/** How many descriptors a process has open (Linux). */
export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
