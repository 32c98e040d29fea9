/* The doubles as a tool: its own process, over real sockets. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterEach, expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';

import { readConfig } from '../../src/config/config.ts';
import { Ingest } from '../../src/engine/ingest.ts';
import { MarketEngine } from '../../src/engine/market-engine.ts';
import { SystemClock } from '../../src/machine/system-clock.ts';
import { VenueSource } from '../../src/source/venue/venue-source.ts';
import { NetWire } from '../../src/source/venue/wire/net-wire.ts';
import { LIVE_VENUES } from '../../src/venue/live/live-venues.ts';
import { DOUBLES } from '../venue-double/test-venue-rig.ts';

const TOOL = fileURLToPath(new URL('./venue-double.ts', import.meta.url));
/** Its times are those of now, although the recordings are years old. */
const NOW_MS = 60_000;
const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const work of cleanup.splice(0)) work();
});

function run(args: readonly string[]): {
  readonly child: ChildProcess;
  readonly err: () => string;
} {
  const child = spawn(process.execPath, [TOOL, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  cleanup.push(() => child.kill('SIGKILL'));
  let err = '';
  child.stderr.on('data', (data: Buffer) => (err += data.toString()));
  return { child, err: () => err };
}

test('every double shows its markets to a feed that is started with the printed lines', async () => {
  const { child } = run([...DOUBLES]);
  const env: Record<string, string> = {};
  for await (const line of createInterface({ input: must(child.stdout, 'stdout') })) {
    const [, name = '', value = ''] = /^export (\w+)='(.*)'$/.exec(line) ?? [];
    env[name] = value;
    if (name === 'TAPEDECK_VENUE_ENDPOINTS') break;
  }
  const { source, venueEndpoints } = readConfig(env);
  const clock = new SystemClock();
  const engine = new MarketEngine({ clock, nextEpoch: () => 'e', candles: () => [] });
  const wanted = source.venues.map(({ venue: name, markets }) => ({
    venue: must(LIVE_VENUES.get(name), name),
    origins: must(
      venueEndpoints.find(({ venue }) => venue === name),
      name,
    ),
    markets,
  }));
  expect(wanted.map(({ venue }) => venue.venue)).toEqual([...DOUBLES]);
  const live = new VenueSource({
    wanted,
    wire: new NetWire(undefined),
    clock,
    random: new Random(1),
  });
  const times = new Map<string, number>();
  const { sink } = new Ingest(engine, () => undefined);
  live.start((event) => {
    if ('eventTime' in event) times.set(event.symbol, event.eventTime ?? 0);
    sink(event);
  });
  cleanup.push(() => live.close());
  const symbols = wanted.flatMap(({ venue, markets }) =>
    markets.map((id) => `${id}@${venue.venue}`),
  );
  await expect
    .poll(() => symbols.filter((symbol) => engine.market(symbol)?.state !== 'ok'), {
      timeout: 20_000,
    })
    .toEqual([]);
  for (const symbol of symbols)
    expect(Math.abs((times.get(symbol) ?? 0) - clock.now()), symbol).toBeLessThan(NOW_MS);
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
}, 30_000);

test.each([
  [['mtgox'], /"mtgox" is not a venue with a test double; there are binance, /],
  [[], /no venue is given; there are binance, /],
  [['kraken', '--fault'], /Unknown option '--fault'$/m],
  [['kraken', '--port', '70000'], /--port: "70000" is not a whole number from 0 to 65535/],
  [['kraken', '--seed', '1'], /--seed is the seed of the faults: it needs --faults/],
])('%j is refused with what is wrong of it', async (args, message) => {
  const { child, err } = run(args);
  expect(await once(child, 'close')).toEqual([2, null]);
  expect(err()).toMatch(message);
  expect(err()).toContain('usage: npm run venue-double -- VENUE');
});
