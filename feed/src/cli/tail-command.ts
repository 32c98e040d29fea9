import { randomBytes } from 'node:crypto';

import type { Command } from 'commander';

import { Random } from '@tapedeck/market/number/random';
import type { Clock } from '@tapedeck/market/time/clock';
import { parseChannel } from '@tapedeck/market/wire/channel';

import { UsageError } from './cli-error.ts';
import { feedEndpoint } from './feed-endpoint.ts';
import { feedSockets } from './feed-socket.ts';
import { countOf, durationOf } from './flag-value.ts';
import { untilStopped } from './stop-signal.ts';
import { Tail } from './tail.ts';

type TailFlags = {
  readonly url?: string;
  readonly json?: true;
  readonly count?: number;
  readonly duration?: number;
};

/** `tapedeck tail` */
export function addTailCommand(program: Command, clock: Clock): void {
  program
    .command('tail')
    .description('follow channels of a running feed: book, trades, ticker, candles')
    .argument(
      '<channel...>',
      'book:SYMBOL:DEPTH:TIER, trades:SYMBOL, ticker:SYMBOL or candles:SYMBOL:INTERVAL',
    )
    .option('--url <url>', 'the feed (default: TAPEDECK_HOST and TAPEDECK_PORT)')
    .option('--json', 'print protocol messages, one per line')
    .option('--count <n>', 'end after this many lines', countOf)
    .option('--duration <time>', 'end after a time: 500ms, 10s, 5m, 1h', durationOf)
    .action(async (channels: readonly string[], flags: TailFlags) => {
      for (const channel of channels) {
        const parsed = parseChannel(channel);
        if (typeof parsed === 'string') throw new UsageError(parsed);
      }
      await follow(clock, [...new Set(channels)], flags);
    });
}

async function follow(clock: Clock, channels: readonly string[], flags: TailFlags): Promise<void> {
  const endpoint = feedEndpoint(flags.url);
  await untilStopped(
    new Tail({
      clock,
      random: new Random(randomBytes(4).readUInt32LE()),
      dial: feedSockets(endpoint.stream),
      url: endpoint.shown,
      channels,
      isJson: flags.json === true,
      count: flags.count,
      durationMs: flags.duration,
      print: (line) => process.stdout.write(`${line}\n`),
      tell: (what) => process.stderr.write(`tapedeck: ${what}\n`),
    }),
  );
}
