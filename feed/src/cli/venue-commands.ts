import type { Command } from 'commander';

import { readConfig } from '../config/config.ts';
import { NetWire } from '../source/venue/wire/net-wire.ts';
import type { LiveVenue, VenueInstrument, VenueRequest } from '../venue/live-venue.ts';
import { LIVE_VENUES } from '../venue/live/live-venues.ts';
import { parseSources, type SourceList, SourceTextError } from '../venue/live/source-text.ts';
import { UsageError } from './cli-error.ts';

type JsonFlag = { readonly json?: true };

const LIST_MS = 30_000;
const LOSS: Readonly<Record<LiveVenue['capability']['loss'], string>> = {
  chain: 'a lost change shows at once, by the numbers of changes',
  checksum: 'a lost change shows at once, by a checksum',
  none: 'a lost change does not show: the book is not proven',
};

/** `tapedeck venues`, `tapedeck sources check`, `tapedeck instruments` */
export function addVenueCommands(program: Command): void {
  program
    .command('venues')
    .description('list the venues that can be live, and what each can promise')
    .option('--json', 'print one JSON document')
    .action((flags: JsonFlag) => {
      const venues = [...LIVE_VENUES.values()].map(describeVenue);
      print(flags, { venues }, () =>
        venues.map(({ venue, promise }) => `${venue.padEnd(14)} ${promise}`),
      );
    });
  const sources = program.command('sources').description('what a feed shows');
  sources
    .command('check')
    .description('check a source text, without connecting: what it would subscribe to')
    .argument('<text>', 'such as "sim;binance:BTCUSDT,ETHUSDT;kraken:BTC/USD"')
    .option('--json', 'print one JSON document')
    .action((text: string, flags: JsonFlag) => {
      const list = checkedSources(text);
      const venues = list.venues.flatMap(({ venue: name, markets }) => {
        const venue = LIVE_VENUES.get(name);
        if (venue === undefined) return [];
        const streams = markets.map((market) => ({
          symbol: `${market}@${name}`,
          streams: [venue.book(market), venue.trades(market)[0]].map(
            (stream) => `${stream.path} ${stream.name}`,
          ),
        }));
        return [{ ...describeVenue(venue), markets: streams }];
      });
      print(flags, { simulator: list.hasSimulator, venues }, () => [
        ...(list.hasSimulator ? ['the simulator'] : []),
        ...venues.flatMap(({ venue, promise, markets }) => [
          `${venue}: ${promise}`,
          ...markets.map((market) => `  ${market.symbol}: ${market.streams.join(', ')}`),
        ]),
        ...(list.hasSimulator || venues.length > 0 ? [] : ['nothing but what is pushed']),
      ]);
    });
  program
    .command('instruments')
    .description('list the instruments of a venue, as it states them now')
    .argument('<venue>', 'one of `tapedeck venues`')
    .argument('[word]', 'only those with this in their name')
    .option('--json', 'print one JSON document')
    .action(async (name: string, word: string | undefined, flags: JsonFlag) => {
      const venue = knownVenue(name);
      const all = await instrumentsOf(venue);
      const found = all.filter(
        ({ market }) => word === undefined || market.toLowerCase().includes(word.toLowerCase()),
      );
      print(flags, { venue: name, instruments: found }, () =>
        found.map(
          ({ market, tickSize, lotSize, status }) =>
            `${market.padEnd(20)} ${status.padEnd(7)} tick ${tickSize}, lot ${lotSize}`,
        ),
      );
    });
}

/** @throws UsageError */
export function knownVenue(name: string): LiveVenue {
  const venue = LIVE_VENUES.get(name);
  if (venue === undefined)
    throw new UsageError(`venue: "${name}" is not one of ${[...LIVE_VENUES.keys()].join(', ')}`);
  return venue;
}

/** @throws UsageError */
export function checkedSources(text: string): SourceList {
  try {
    return parseSources(text);
  } catch (error) {
    if (!(error instanceof SourceTextError)) throw error;
    throw new UsageError(`source: ${error.message}`, { cause: error });
  }
}

function describeVenue({ venue, capability }: LiveVenue) {
  const { depth, loss, cadenceMs } = capability;
  const promise = `${depth} every ${cadenceMs} ms, ${LOSS[loss]}`;
  return { venue, capability, promise };
}

async function instrumentsOf(venue: LiveVenue): Promise<readonly VenueInstrument[]> {
  const requests = venue.instruments.lists ?? [venue.instruments.request(undefined)];
  const lists: VenueInstrument[] = [];
  for (const request of requests) lists.push(...(await listOf(venue, request)));
  return lists;
}

function listOf(
  venue: LiveVenue,
  { path, body }: VenueRequest,
): Promise<readonly VenueInstrument[]> {
  const { venueEndpoints, venueProxy } = readConfig(process.env);
  const endpoint = venueEndpoints.find((each) => each.venue === venue.venue);
  const { http } = endpoint ?? venue.origins;
  const request = { url: http + path, body, timeoutMs: LIST_MS };
  return new Promise((resolve, reject) => {
    new NetWire(venueProxy).ask(request, ({ status, text }) => {
      const list = status === 200 ? venue.instruments.read(text) : text.slice(0, 120);
      if (typeof list !== 'string') resolve(list);
      else reject(new Error(`${venue.venue} does not list its instruments: ${status} ${list}`));
    });
  });
}

function print({ json }: JsonFlag, document: unknown, lines: () => readonly string[]): void {
  process.stdout.write(json === true ? `${JSON.stringify(document)}\n` : `${lines().join('\n')}\n`);
}
