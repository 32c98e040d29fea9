/* `tapedeck probe`, run as users run it, against doubles over real sockets. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { afterEach, expect, test } from 'vitest';

import { playDouble } from '../../test/venue-double/play-double.ts';
import type { DoubleName } from '../../test/venue-double/test-venue-rig.ts';
import type { ProbeReport } from './probe/probe-report.ts';

const ENTRY = fileURLToPath(new URL('../tapedeck.ts', import.meta.url));

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const work of cleanup.splice(0)) await work();
});

async function doubleOf(name: DoubleName) {
  const played = await playDouble(name);
  cleanup.push(played.stop);
  return played;
}

function probe(
  args: readonly string[],
  endpoints: string,
): Promise<{ readonly status: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, TAPEDECK_VENUE_ENDPOINTS: endpoints };
    execFile(process.execPath, [ENTRY, 'probe', ...args], { env }, (error, out, err) => {
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

test('a market that is live: what came, and what was proven', async () => {
  const { server } = await doubleOf('kraken');
  const args = ['kraken', 'BTC/USD', '--seconds', '4', '--json'];
  const { status, out, err } = await probe(args, `kraken=${server.endpoint}`);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  const report = JSON.parse(out) as ProbeReport;
  expect(report).toMatchObject({
    ...{ symbol: 'BTC/USD@kraken', ok: true, reason: null },
    book: { state: 'ok', bids: 10, asks: 10, gaps: 0 },
    proof: { loss: 'checksum', checksums: { failed: 0 } },
    links: [{ path: '/v2', state: 'up' }],
    trades: { missing: 0 },
  });
  expect(report.frames).toBeGreaterThan(10);
  expect(report.proof.checksums.made).toBeGreaterThan(5);
});

test('a market that its venue does not have, in words, with what to do', async () => {
  const { server } = await doubleOf('kraken');
  const args = ['kraken', 'XYZ/USD', '--seconds', '2'];
  const { status, out } = await probe(args, `kraken=${server.endpoint}`);
  expect(status).toBe(1);
  expect(out).toMatch(/^XYZ\/USD@kraken at ws:.* for \d/);
  expect(out).toMatch(/no book: .*(not supported|lists no such).*`tapedeck instruments kraken`/);
});

test('a venue that refuses the region, or that nobody can reach', async () => {
  const { double, server } = await doubleOf('kraken');
  double.faults.upgrades = { status: 451 };
  double.faults.requests = { status: 451 };
  const args = ['kraken', 'BTC/USD', '--seconds', '1'];
  const refused = await probe(args, `kraken=${server.endpoint}`);
  expect(refused.status).toBe(1);
  expect(refused.out).toMatch(/no book: .*451.*refuses this region/);
  const nobody = await probe(args, 'kraken=ws://127.0.0.1:1|http://127.0.0.1:1');
  expect(nobody.status).toBe(1);
  expect(nobody.out).toMatch(/no book: .*ECONNREFUSED/);
});

test.each([
  [['mtgox', 'BTC'], /venue: "mtgox" is not one of binance,/],
  [['kraken', 'BTC USD'], /"BTC USD" is not an instrument/],
  [['kraken', 'BTC/USD', '--seconds', '0'], /not a whole number from 1/],
])('%j is refused with what is wrong of it', async (args, message) => {
  const { status, err } = await probe(args, '');
  expect(status).toBe(2);
  expect(err).toMatch(message);
});
