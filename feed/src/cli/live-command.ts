import { randomBytes } from 'node:crypto';

import { type Command, Option } from 'commander';

import { isSymbol, SYMBOL_FORM } from '@tapedeck/market/instrument/instrument';
import { Random } from '@tapedeck/market/number/random';
import type { Clock } from '@tapedeck/market/time/clock';
import type { TickersBody } from '@tapedeck/market/wire/http';

import { UsageError } from './cli-error.ts';
import { feedEndpoint } from './feed-endpoint.ts';
import { feedSockets } from './feed-socket.ts';
import { countOf, durationOf } from './flag-value.ts';
import { Live, MAX_LIVE_SYMBOLS } from './live.ts';
import { untilStopped } from './stop-signal.ts';

type LiveFlags = {
  readonly url?: string;
  readonly json?: true;
  readonly every: number;
  readonly count?: number;
  readonly duration?: number;
};

const EVERY_MS = 1_000;

/** `tapedeck live` */
export function addLiveCommand(program: Command, clock: Clock): void {
  const every = new Option('--every <time>', 'refresh interval')
    .argParser(durationOf)
    .default(EVERY_MS, '1s');
  program
    .command('live')
    .description('show the markets of a running feed: best prices, state and age')
    .argument('[symbol...]', 'markets to show (default: all live ones)')
    .option('--url <url>', 'the feed (default: TAPEDECK_HOST and TAPEDECK_PORT)')
    .option('--json', 'print one JSON document per refresh, one per line')
    .addOption(every)
    .option('--count <n>', 'end after this many refreshes', countOf)
    .option('--duration <time>', 'end after a time: 500ms, 10s, 5m, 1h', durationOf)
    .action(async (symbols: readonly string[], flags: LiveFlags) => {
      for (const symbol of symbols)
        if (!isSymbol(symbol)) throw new UsageError(`symbol: "${symbol}" is not ${SYMBOL_FORM}`);
      const wanted = [...new Set(symbols)];
      if (wanted.length > MAX_LIVE_SYMBOLS)
        throw new UsageError(`symbol: ${wanted.length} given, at most ${MAX_LIVE_SYMBOLS}`);
      await show(clock, wanted, flags);
    });
}

async function show(clock: Clock, symbols: readonly string[], flags: LiveFlags): Promise<void> {
  const endpoint = feedEndpoint(flags.url);
  const isJson = flags.json === true;
  await untilStopped(
    new Live({
      clock,
      random: new Random(randomBytes(4).readUInt32LE()),
      dial: feedSockets(endpoint.stream),
      url: endpoint.shown,
      symbols,
      look: () => liveSymbols(endpoint),
      isJson,
      isScreen: !isJson && process.stdout.isTTY,
      everyMs: flags.every,
      count: flags.count,
      durationMs: flags.duration,
      print: (text) => process.stdout.write(text),
    }),
  );
}

/** The feed has a ticker for each live market, in the order in which they were announced. */
async function liveSymbols({
  stream,
  token,
}: {
  readonly stream: string;
  readonly token: string | undefined;
}): Promise<readonly string[]> {
  const url = new URL('/v1/tickers', stream);
  url.protocol = url.protocol.replace('ws', 'http');
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers });
  const { tickers } = (await response.json()) as TickersBody;
  return tickers.map(({ symbol }) => symbol);
}
