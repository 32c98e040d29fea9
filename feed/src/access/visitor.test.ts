import { Hono } from 'hono';
import { expect, test } from 'vitest';

import { TrustedProxies } from '../config/trusted-proxies.ts';
import { addressGroup, type Visitor, visitorOf } from './visitor.ts';

const KEY = 'k'.repeat(16);

/** The visitor behind this socket and these headers, for a feed that trusts `proxies`. */
async function visitor(
  socket: string,
  headers: Record<string, string>,
  proxies: readonly string[] = [],
): Promise<Visitor> {
  let seen: Visitor | undefined;
  const app = new Hono();
  const rules = { webKey: KEY, trustedProxies: new TrustedProxies(proxies) };
  app.get('/', (c) => {
    seen = visitorOf(c, rules);
    return c.body(null);
  });
  const incoming = {
    rawHeaders: ['Host', 'localhost'],
    headers: { host: 'localhost' },
    url: '/',
    socket: { remoteAddress: socket },
  };
  await app.request('/', { headers }, { incoming });
  if (seen === undefined) throw new Error('the request was not answered');
  return seen;
}

const forwarded = (hops: string, more: Record<string, string> = {}) => ({
  'x-forwarded-for': hops,
  ...more,
});
const web = { 'tapedeck-web-key': KEY };

type Case = readonly [
  what: string,
  socket: string,
  Record<string, string>,
  readonly string[],
  string,
];
test.each<Case>([
  ['no forwarding', '10.0.0.1', {}, [], '10.0.0.1'],
  ['an untrusted sender', '127.0.0.1', forwarded('1.2.3.4'), [], '127.0.0.1'],
  [
    'a wrong key',
    '127.0.0.1',
    forwarded('1.2.3.4', { 'tapedeck-web-key': 'x'.repeat(16) }),
    [],
    '127.0.0.1',
  ],
  ['our web', '127.0.0.1', forwarded('1.2.3.4', web), [], '1.2.3.4'],
  [
    'our web, and a client that forges',
    '127.0.0.1',
    forwarded('9.9.9.9, 1.2.3.4', web),
    [],
    '1.2.3.4',
  ],
  ['our web, with an unknown client', '127.0.0.1', forwarded('unknown', web), [], '127.0.0.1'],
  ['our web, without a header', '127.0.0.1', web, [], '127.0.0.1'],
  ['a proxy', '10.0.0.1', forwarded('9.9.9.9, 1.2.3.4'), ['10.0.0.0/8'], '1.2.3.4'],
  ['not the proxy', '11.0.0.1', forwarded('1.2.3.4'), ['10.0.0.0/8'], '11.0.0.1'],
  [
    'a proxy before our web',
    '127.0.0.1',
    forwarded('9.9.9.9, 1.2.3.4, 10.0.0.1', web),
    ['10.0.0.1'],
    '1.2.3.4',
  ],
  ['two proxies', '10.0.0.1', forwarded('1.2.3.4, 10.0.0.2'), ['10.0.0.1', '10.0.0.2'], '1.2.3.4'],
  ['an IPv4 address on an IPv6 socket', '::ffff:10.0.0.1', {}, [], '10.0.0.1'],
  ['IPv6', '2001:db8:1:2:3:4:5:6', {}, [], '2001:db8:1:2::/64'],
])('P24c: %s', async (_, socket, headers, proxies, address) => {
  expect((await visitor(socket, headers, proxies)).address).toBe(address);
});

test('P24a: every named hop is kept, trusted or not', async () => {
  const { hops } = await visitor('127.0.0.1', forwarded('127.0.0.1, 203.0.113.9'));
  expect(hops).toEqual(['127.0.0.1', '127.0.0.1', '203.0.113.9']);
});

test('P24b: the page’s host counts only from our own web', async () => {
  const headers = { 'x-forwarded-host': 'desk.example' };
  expect((await visitor('127.0.0.1', headers)).webHost).toBeUndefined();
  expect((await visitor('127.0.0.1', { ...headers, ...web })).webHost).toBe('desk.example');
});

test.each([
  ['::1', '0:0:0:0::/64'],
  ['2001:DB8::1', '2001:db8:0:0::/64'],
  ['2001:0db8:0000:0042::9', '2001:db8:0:42::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['10.0.0.1', '10.0.0.1'],
  ['unknown', 'unknown'],
])('P24c: limits count %s as %s', (address, group) => {
  expect(addressGroup(address)).toBe(group);
});

test.each(['10.0.0', '10.0.0.0/33', '10.0.0.0/x', 'proxy.example', '::/129'])(
  '%s is not a valid trusted proxy, and the error names it',
  (entry) => {
    expect(() => new TrustedProxies([entry])).toThrow(entry);
  },
);
