import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { LIVE_VENUES } from '../venue/live/live-venues.ts';

const ENTRY = fileURLToPath(new URL('../tapedeck.ts', import.meta.url));

type Outcome = { readonly status: number; readonly out: string; readonly err: string };

function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env } };
    execFile(process.execPath, [ENTRY, ...args], options, (error, out, err) => {
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

test('V1: `venues` and `sources check` say what would be subscribed, and what it proves', async () => {
  const venues = await run(['venues', '--json']);
  expect(JSON.parse(venues.out)).toMatchObject({
    venues: [...LIVE_VENUES.values()].map(({ venue, capability }) => ({ venue, capability })),
  });
  const check = await run(['sources', 'check', 'sim; binance-usdm:BTCUSDT ;kraken:BTC/USD']);
  expect(check).toMatchObject({ status: 0, err: '' });
  expect(check.out).toBe(
    [
      'the simulator',
      'binance-usdm: l2 every 100 ms, a lost change shows at once, by the numbers of changes',
      '  BTCUSDT@binance-usdm: /public/stream btcusdt@depth@100ms, /market/stream btcusdt@aggTrade',
      'kraken: l2 every 100 ms, a lost change shows at once, by a checksum',
      '  BTC/USD@kraken: /v2 book, /v2 trade',
      '',
    ].join('\n'),
  );
});

test.each([
  [
    'mtgox:BTC',
    `"mtgox" is not a venue that can be live; known are ${[...LIVE_VENUES.keys()].join(', ')}`,
  ],
  ['binance', '"binance" is not "sim", "none" or a venue with its instruments'],
  ['binance:', '"binance:" names no instrument of binance'],
  ['binance:BTC USDT', '"BTC USDT" is not an instrument that binance could have'],
  ['sim;none', '"none" stands alone'],
])('V1: the source text %s is refused with what is wrong of it', async (text, message) => {
  const { status, err } = await run(['sources', 'check', text]);
  expect(status).toBe(2);
  expect(err).toContain(message);
});

test('`instruments` lists what a venue states, where it is', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const pair = { wsname: 'XBT/USD', pair_decimals: 1, lot_decimals: 8, status: 'online' };
    response.end(JSON.stringify({ error: [], result: { XXBTZUSD: pair } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `127.0.0.1:${port}`;
  const env = { TAPEDECK_VENUE_ENDPOINTS: `kraken=ws://${origin}|http://${origin}` };
  const { out } = await run(['instruments', 'kraken', 'btc'], env);
  expect(out).toBe('BTC/USD              open    tick 0.1, lot 0.00000001\n');
  expect(asked).toEqual(['/0/public/AssetPairs']);
  // The same through a proxy that does not let it pass: told, and nothing of the address.
  const proxied = { ...env, TAPEDECK_VENUE_PROXY: `http://user:secret@${origin}` };
  const refused = await run(['instruments', 'kraken'], proxied);
  expect(refused.status).toBe(1);
  expect(refused.err).toContain('kraken does not list its instruments');
  expect(refused.err).not.toContain('secret');
  server.close();
});
