import { randomBytes } from 'node:crypto';

import { type Command, InvalidArgumentError } from 'commander';

import type { Clock } from '@tapedeck/market/clock';
import { Random } from '@tapedeck/market/random';
import { parseChannel } from '@tapedeck/market/wire/channel';

import { readConfig } from '../config.ts';
import { UsageError } from './cli-error.ts';
import { feedSockets } from './feed-socket.ts';
import { Tail } from './tail.ts';

type TailFlags = {
  readonly url?: string;
  readonly json?: true;
  readonly count?: number;
  readonly duration?: number;
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
/** Timers of the clock do not keep a process alive, and while the link waits there is no socket that would. */
const KEEP_ALIVE_MS = 60_000;

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
    .option('--json', 'print the messages of the protocol, one a line')
    .option('--count <n>', 'end after so many lines', countOf)
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
  const address = addressOf(flags.url);
  const keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
  const tail = new Tail({
    clock,
    random: new Random(randomBytes(4).readUInt32LE()),
    dial: feedSockets(address.stream),
    url: address.shown,
    channels,
    isJson: flags.json === true,
    count: flags.count,
    durationMs: flags.duration,
    print: (line) => process.stdout.write(`${line}\n`),
    tell: (what) => process.stderr.write(`tapedeck: ${what}\n`),
  });
  const stop = (): void => tail.stop();
  for (const signal of SIGNALS) process.on(signal, stop);
  // Whoever reads has gone (`| head`): there is nothing left to do.
  process.stdout.on('error', stop);
  try {
    await tail.done;
  } finally {
    clearInterval(keepAlive);
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

/** @throws UsageError for an address that is none. */
function addressOf(url: string | undefined): { readonly stream: string; readonly shown: string } {
  const { host, port, token } = readConfig(process.env);
  const given = url ?? `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
  if (!URL.canParse(given) || !/^(http|ws)s?:$/.test(new URL(given).protocol))
    throw new UsageError(`--url: "${given}" is not an address like http://127.0.0.1:8080`);
  const stream = new URL('/v1/stream', given);
  stream.protocol = stream.protocol.replace('http', 'ws');
  if (token !== undefined) stream.searchParams.set('token', token);
  return { stream: stream.href, shown: new URL(given).origin };
}

function countOf(text: string): number {
  const count = /^\d{1,12}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new InvalidArgumentError('It is not a whole number from 1 on.');
  return count;
}

function durationOf(text: string): number {
  const [, amount, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  const durationMs = Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  // Beyond it a timer fires at once.
  if (!(durationMs >= 1 && durationMs < 2 ** 31))
    throw new InvalidArgumentError('It is not a time like 500ms, 10s, 5m or 1h, below 25 days.');
  return durationMs;
}
