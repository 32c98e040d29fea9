/*
 * Recorder dumps: `VENUE.ws.N.0`, `VENUE.http.0.0` and `VENUE.0` of one recording, merged by receive time. A line is
 *
 *   URL <-> t            connected          URL <- t: json   sent by the recorder
 *   t: json              received           URL -> t: json   response of the REST interface
 *   configuration: json  what was recorded
 *
 * with `t` in seconds and a fraction of any length. The venue's adapter interprets its frames.
 */
import { binanceVenues } from '../../venue/binance/binance.ts';
import { bitfinexVenue } from '../../venue/bitfinex/bitfinex.ts';
import { bitstampVenue } from '../../venue/bitstamp/bitstamp.ts';
import { bybitVenues } from '../../venue/bybit/bybit.ts';
import { coinbaseVenue } from '../../venue/coinbase/coinbase.ts';
import { deribitVenue } from '../../venue/deribit/deribit.ts';
import type {
  DumpConnection,
  DumpFinding,
  DumpVenue,
  FrameFinding,
} from '../../venue/dump-venue.ts';
import { hyperliquidVenue } from '../../venue/hyperliquid/hyperliquid.ts';
import { krakenVenue } from '../../venue/kraken/kraken.ts';
import { LIVE_VENUES } from '../../venue/live/live-venues.ts';
import { missedResponse } from '../../venue/live/missed-response.ts';
import { okxVenue } from '../../venue/okx/okx.ts';
import { unreadAddress, unreadFrames } from '../../venue/unread-venues.ts';
import type { VenueMarket } from '../../venue/venue-market.ts';
import type { LineReader, ParsedLine, RecordingFormat } from './recording-format.ts';
import { symbolChoice } from './symbol-choice.ts';

const DUMP_VENUES: readonly DumpVenue[] = [
  krakenVenue,
  okxVenue,
  ...bybitVenues,
  deribitVenue,
  coinbaseVenue,
  bitstampVenue,
  bitfinexVenue,
  hyperliquidVenue,
  ...binanceVenues,
];

/** What is supported, for users who have something else. */
const READ_VENUES = `recorder dumps of ${DUMP_VENUES.map(({ venue, reads }) => (reads === undefined ? venue : `${venue} (${reads})`)).join(', ')} are supported`;

const RECEIVED = /^(\d{10})(?:\.(\d{1,9}))?: (.*)$/s;
const EXCHANGED = /^((?:wss?|https?):\/\/\S+) (<->|<-|->) (\d{10})(?:\.(\d{1,9}))?(?:: (.*))?$/s;
const SHOWN_CHARACTERS = 60;

/** Raw frames of many venues, many markets per file; all markets become one session. */
export const recorderDumpFormat: RecordingFormat = {
  name: 'recorder-dump',
  order: 'by-time',

  recognises(lines) {
    const like = lines.filter(
      (line) => RECEIVED.test(line) || EXCHANGED.test(line) || line.startsWith('configuration: '),
    );
    return like.length > 0 && like.length * 2 >= lines.length;
  },

  venueOf: (lines, file) => venueOf(lines, file)?.venue,

  unread,

  marketsOf(lines, file) {
    const venue = venueOf(lines, file);
    if (venue === undefined) return [];
    const reader = new DumpReader(venue);
    const names = new Set<string>();
    for (const line of lines) {
      for (const parsed of reader.read(line, file))
        if (parsed.kind === 'event' && parsed.market !== undefined) names.add(parsed.market);
    }
    return [...names].map((name) => venue.describe(name));
  },

  marketOf(symbol) {
    const { market, venue = '' } = symbolChoice(symbol);
    return describe(market, venue);
  },

  describe,

  reader: (file) => new DumpReader(venueOf([], file)),

  book(venue) {
    const adapter = DUMP_VENUES.find((each) => each.venue === venue);
    if (adapter === undefined) throw new Error(`no adapter of ${venue}`);
    return adapter.book();
  },
};

function describe(market: string, venue: string): VenueMarket {
  const adapter = DUMP_VENUES.find((each) => each.venue === venue);
  return adapter?.describe(market) ?? { market, venue, base: market, quote: '' };
}

/** A dump that is not supported: by the address of its socket, else by its frames, else by its name. */
function unread(lines: readonly string[], file: string): string | undefined {
  const addresses = lines.flatMap((line) => EXCHANGED.exec(line)?.[1] ?? []);
  const address = addresses.find((each) => each.startsWith('ws')) ?? addresses[0];
  const isRead = (each: string): boolean => DUMP_VENUES.some((venue) => venue.address.test(each));
  const frames = lines.flatMap((line) => RECEIVED.exec(line)?.[3] ?? []);
  const what =
    (address && unreadAddress(address, isRead)) ?? (frames.length > 0 && unreadFrames(frames));
  if (typeof what === 'string')
    return `${what}${address === undefined ? '' : ` (${address})`} is not supported; ${READ_VENUES}`;
  return venueOf(lines, file) === undefined
    ? `neither its lines nor its name say which supported venue it is from; ${READ_VENUES}`
    : undefined;
}

/** By the first address; a file that starts in the middle has only its name. */
function venueOf(lines: readonly string[], file: string): DumpVenue | undefined {
  for (const line of lines) {
    const address = EXCHANGED.exec(line)?.[1];
    const venue = address && DUMP_VENUES.find((each) => each.address.test(address));
    if (venue !== undefined && venue !== '') return venue;
  }
  return DUMP_VENUES.find((each) => each.file.test(file));
}

class DumpReader implements LineReader {
  #venue: DumpVenue | undefined;
  #connection: DumpConnection | undefined;

  constructor(venue: DumpVenue | undefined) {
    this.#venue = venue;
  }

  read(line: string, file: string): readonly ParsedLine[] {
    const received = RECEIVED.exec(line);
    if (received !== null) {
      const [, seconds = '', fraction, text = ''] = received;
      if (this.#venue === undefined) return [bad(line, 'no line says which venue it is from')];
      this.#connection ??= this.#venue.connection?.() ?? this.#venue;
      const findings = this.#connection.frame(text, timeOf(seconds, fraction));
      return stamp(findings, seconds, fraction, socketOf(file));
    }
    const exchanged = EXCHANGED.exec(line);
    if (exchanged !== null) {
      const [, address = '', arrow, seconds = '', fraction, text = ''] = exchanged;
      const venue = DUMP_VENUES.find((each) => each.address.test(address)) ?? this.#venue;
      if (venue !== this.#venue || arrow === '<->') this.#connection = undefined;
      this.#venue = venue;
      if (arrow !== '->') return [];
      return stamp(responseOf(this.#venue, address, text), seconds, fraction);
    }
    return line.startsWith('configuration: ') ? [] : [bad(line, 'not a recorder line')];
  }
}

function responseOf(
  venue: DumpVenue | undefined,
  address: string,
  text: string,
): readonly FrameFinding[] {
  const own = venue?.response?.(address, text) ?? [];
  const live = venue && LIVE_VENUES.get(venue.venue);
  return own.length > 0 || live === undefined ? own : missedResponse(live, address, text);
}

/** A fraction has as many digits as a float prints; it is padded, so that texts sort by time. */
function stamp(
  findings: readonly DumpFinding[],
  seconds: string,
  fraction = '',
  socket?: string,
): readonly ParsedLine[] {
  const receiveText = `${seconds}.${fraction.padEnd(9, '0')}`;
  const receiveTime = timeOf(seconds, fraction);
  return findings.map((finding) =>
    finding.kind === 'event'
      ? { ...finding, receiveText, receiveTime, socket }
      : { ...finding, receiveText },
  );
}

/** Without the hour that its file begins at: one socket may fill several files. */
function socketOf(file: string): string {
  return file.replace(/^\d{4}-\d\d-\d\dT\d\d_/, '');
}

function timeOf(seconds: string, fraction = ''): number {
  return Number(seconds) * 1_000 + Number(fraction.padEnd(3, '0').slice(0, 3));
}

function bad(line: string, why: string): ParsedLine {
  return { kind: 'bad-line', detail: `${why}: ${JSON.stringify(line.slice(0, SHOWN_CHARACTERS))}` };
}
