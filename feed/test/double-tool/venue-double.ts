/*
 * `npm run venue-double -- VENUE... [--port N] [--faults] [--seed N]`: test doubles of venues on ports of their own,
 * so that a feed shows live markets without internet. Standard output has the settings to start the feed with; what
 * happens goes to standard error.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { parseArgs } from 'node:util';

import { Random } from '@tapedeck/market/number/random';

import { SystemClock } from '../../src/machine/system-clock.ts';
import { DoubleServer } from '../venue-double/double-server.ts';
import type { DoubleVenue } from '../venue-double/double-venue.ts';
import { type DoubleName, doubleOf, DOUBLES } from '../venue-double/test-venue-rig.ts';
import { FaultLoop } from './fault-loop.ts';

const USAGE = 'npm run venue-double -- VENUE... [--port N] [--faults] [--seed N]';
const WRONG_USE = 2;
const MAX_PORT = 65_535;

type Options = {
  readonly names: readonly DoubleName[];
  /** Of the first venue; the next one has the next port. 0: any free ports. */
  readonly port: number;
  /** Seed of the faults; undefined without faults. */
  readonly seed: number | undefined;
};
type Running = { readonly name: DoubleName; readonly double: DoubleVenue; server: DoubleServer };

class WrongUse extends Error {}

function optionsOf(argv: readonly string[]): Options {
  const { values, positionals } = parsed(argv);
  const known = DOUBLES.join(', ');
  if (positionals.length === 0) throw new WrongUse(`no venue is given; there are ${known}`);
  const names = [...new Set(positionals)].map((given) => {
    const name = DOUBLES.find((each) => each === given);
    if (name === undefined)
      throw new WrongUse(`"${given}" is not a venue with a test double; there are ${known}`);
    return name;
  });
  const port = wholeNumber('--port', values.port ?? '0', MAX_PORT - names.length + 1);
  const seed = values.seed === undefined ? undefined : wholeNumber('--seed', values.seed, 2 ** 31);
  if (seed !== undefined && values.faults !== true)
    throw new WrongUse('--seed is the seed of the faults: it needs --faults');
  return { names, port, seed: values.faults === true ? (seed ?? randomInt(2 ** 31)) : undefined };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        port: { type: 'string' },
        faults: { type: 'boolean' },
        seed: { type: 'string' },
      },
    });
  } catch (error) {
    // The sentence after the first one is about a case that these options do not have.
    throw new WrongUse((error as Error).message.split('. ')[0], { cause: error });
  }
}

function wholeNumber(flag: string, text: string, most: number): number {
  if (!/^\d{1,12}$/.test(text) || Number(text) > most)
    throw new WrongUse(`${flag}: "${text}" is not a whole number from 0 to ${most}`);
  return Number(text);
}

const clock = new SystemClock();
const tell = (what: string): void => void process.stderr.write(`${what}\n`);

async function serve(name: DoubleName, port: number): Promise<Running> {
  const double = doubleOf(name, clock);
  for (const market of double.markets.values()) market.startAt(clock.now());
  const server = await DoubleServer.start(double, port);
  double.start();
  return { name, double, server };
}

async function main(): Promise<void> {
  const { names, port, seed } = optionsOf(process.argv.slice(2));
  const running: Running[] = [];
  for (const [i, name] of names.entries())
    running.push(await serve(name, port === 0 ? 0 : port + i));
  const loops = running.map(
    ({ name, double }, i) =>
      seed !== undefined &&
      new FaultLoop({ name, double, clock, random: new Random(seed + i), tell }),
  );
  const sources = running.map(({ name, double }) => `${name}:${[...double.markets.keys()].join()}`);
  const endpoints = running.map(({ name, server }) => `${name}=${server.endpoint}`);
  process.stdout.write(
    `export TAPEDECK_SOURCE='${sources.join(';')}'\nexport TAPEDECK_VENUE_ENDPOINTS='${endpoints.join(';')}'\n`,
  );
  tell(
    [
      `${names.join(', ')}: recorded excerpts in an endless loop, until Ctrl-C. Run these two lines and \`npm start\` in`,
      'another terminal; TAPEDECK_DB=data/double.db keeps the recording apart from yours.',
      ...(seed === undefined ? [] : [`faults are injected, seed ${seed}`]),
    ].join('\n'),
  );
  await Promise.race((['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => once(process, name)));
  for (const loop of loops) if (loop !== false) loop.stop();
  for (const { double } of running) double.stop();
  await Promise.all(running.map(({ server }) => server.close()));
}

try {
  await main();
} catch (error) {
  const { message } = error as Error;
  tell(`venue-double: ${message}`);
  if (error instanceof WrongUse) tell(`usage: ${USAGE}`);
  process.exit(error instanceof WrongUse ? WRONG_USE : 1);
}
