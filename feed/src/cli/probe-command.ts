import { randomBytes } from 'node:crypto';

import { type Command, InvalidArgumentError } from 'commander';

import { Random } from '@tapedeck/market/number/random';
import type { Clock } from '@tapedeck/market/time/clock';

import { readConfig } from '../config/config.ts';
import { NetWire } from '../source/venue/wire/net-wire.ts';
import { EXIT } from './cli-error.ts';
import { probeLines } from './probe/probe-report.ts';
import { Probe } from './probe/probe.ts';
import { untilStopped } from './stop-signal.ts';
import { checkedSources, knownVenue } from './venue-commands.ts';

type ProbeFlags = { readonly json?: true; readonly seconds: number };

const SECONDS = 10;
const MOST_SECONDS = 86_400;

/** `tapedeck probe VENUE ID` */
export function addProbeCommand(program: Command, clock: Clock): void {
  program
    .command('probe')
    .description('connect to a market of a venue for some seconds, and say what came')
    .argument('<venue>', 'one of `tapedeck venues`')
    .argument('<id>', "the market's id, as the venue writes it")
    .option('--seconds <n>', `for how long (default: ${SECONDS})`, secondsOf, SECONDS)
    .option('--json', 'print one JSON document')
    .action(async (name: string, id: string, flags: ProbeFlags) => {
      const venue = knownVenue(name);
      checkedSources(`${name}:${id}`);
      const { venueEndpoints, venueProxy } = readConfig(process.env);
      const { socket, http } = venueEndpoints.find((each) => each.venue === name) ?? venue.origins;
      const probe = new Probe({
        ...{ venue, id, clock, seconds: flags.seconds, origins: { socket, http } },
        wire: new NetWire(venueProxy),
        random: new Random(randomBytes(4).readUInt32LE()),
      });
      await untilStopped(probe);
      const report = probe.report();
      probe.close();
      const text = flags.json === true ? JSON.stringify(report) : probeLines(report).join('\n');
      process.stdout.write(`${text}\n`);
      process.exitCode = report.ok ? EXIT.held : EXIT.failed;
    });
}

/** @throws InvalidArgumentError */
function secondsOf(text: string): number {
  const seconds = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > MOST_SECONDS)
    throw new InvalidArgumentError(`It is not a whole number from 1 to ${MOST_SECONDS}.`);
  return seconds;
}
