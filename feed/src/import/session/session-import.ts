import type { SessionWriter } from '@tapedeck/db/recording/session-writer';
import { isSymbol } from '@tapedeck/market/instrument/instrument';
import type { EpochMs } from '@tapedeck/market/number/level';

import type { VenueMarket } from '../../venue/venue-market.ts';
import type { LineScanner, ParsedLine, ScannedKind } from '../format/recording-format.ts';
import type { LinePlace, ProblemLog } from '../read/import-problem.ts';
import type { GridFinder } from '../recording/grid-finder.ts';
import type { RecordingSample } from '../recording/recording-sample.ts';
import { MarketImport } from './market-import.ts';
import type { MessageCounts } from './message-counts.ts';

type ParsedEvent = ParsedLine & { readonly kind: 'event' };
/** Kinds of lost lines that may have been a change of a book. */
const MAY_BE_A_CHANGE: ReadonlySet<ParsedLine['kind']> = new Set(['bad-line', 'time-backwards']);
/** Names of the files that a market's book comes from, and of the one with its last change. */
type BookFiles = { readonly all: Set<string>; last: string };

/** The markets of one import: each is added to the session with its first event. */
export class SessionImport {
  readonly #writer: SessionWriter;
  readonly #grids: GridFinder;
  readonly #problems: ProblemLog;
  readonly #markets = new Map<string, MarketImport>();
  readonly #symbols = new Map<string, string>();
  readonly #bookFiles = new Map<MarketImport, BookFiles>();
  readonly #cutFiles = new Set<string>();

  constructor(writer: SessionWriter, grids: GridFinder, problems: ProblemLog) {
    this.#writer = writer;
    this.#grids = grids;
    this.#problems = problems;
  }

  /** What the recording has of each market, by symbol. */
  get messages(): Iterable<readonly [string, MessageCounts]> {
    return [...this.#markets].map(
      ([market, each]) => [this.#symbols.get(market) ?? market, each.messages] as const,
    );
  }

  /** Levels per side, if the recording is a view of the book. */
  get depth(): number | undefined {
    return [...this.#markets.values()].find((each) => each.depth !== undefined)?.depth;
  }

  /** False for an event of a market that is not imported. */
  add(parsed: ParsedEvent, file: RecordingSample, place: LinePlace): boolean {
    const only = file.market?.market;
    const market = parsed.market ?? only;
    if (market === undefined) {
      this.#problems.report('bad-line', place, 'the line does not say which market it is of');
      return false;
    }
    if (only !== undefined && market !== only) {
      // In a dump of many markets the others are expected.
      if (file.format.venueOf === undefined)
        this.#problems.report('other-symbol', place, `of ${market}, not ${only}`);
      return false;
    }
    const known = this.#markets.get(market) ?? this.#open(market, file, place);
    if (known === undefined) return false;
    const { type } = parsed.event;
    if (type === 'diff' || type === 'snapshot') this.#tellsBook(file.name, known, type);
    known.add(parsed.event, parsed.receiveTime, place, parsed.socket);
    return true;
  }

  /** A line is lost; `parsed` is what is known of it. */
  lost(parsed: ParsedLine, place: LinePlace): void {
    if (parsed.kind === 'event') {
      const { type } = parsed.event;
      if (type === 'diff' || type === 'snapshot') this.#marketOf(parsed.market)?.lost(place, true);
    } else if (parsed.kind === 'hole') {
      // Of any book in this file.
      for (const [market, { all }] of this.#bookFiles)
        if (all.has(place.file)) market.lost(place, true, parsed.detail);
    } else if (MAY_BE_A_CHANGE.has(parsed.kind) && parsed.isTape !== true) {
      for (const market of this.#markets.values()) market.lost(place, false);
    }
  }

  /** A file ends early: more changes of its books followed, even if other files of the import go on. */
  cut(place: LinePlace): void {
    this.#cutFiles.add(place.file);
    for (const [market, { all }] of this.#bookFiles)
      if (all.has(place.file)) market.lost(place, true);
  }

  #tellsBook(file: string, market: MarketImport, type: 'diff' | 'snapshot'): void {
    const known = this.#bookFiles.get(market);
    if (known === undefined) this.#bookFiles.set(market, { all: new Set([file]), last: file });
    // A venue may send its whole books by another channel: they alone do not keep a book current.
    else if (type === 'diff') known.last = file;
    known?.all.add(file);
  }

  /** In a file of one market, whose lines need not name it, that market. */
  #marketOf(name: string | undefined): MarketImport | undefined {
    const [only] = this.#markets.values();
    return name === undefined ? only : this.#markets.get(name);
  }

  /** The scanner for a file, if its format has one and all of it is one market. */
  scannerOf(file: RecordingSample): LineScanner | undefined {
    const { format, market } = file;
    if (market === undefined) return undefined;
    return format.scanner?.(market, this.#grids.of(`${market.market}@${file.venue}`));
  }

  /** Adds a line that the scanner of `file` understood. False if its market is not imported. */
  addScanned(
    scanner: LineScanner,
    kind: Exclude<ScannedKind, 'other'>,
    receiveTime: EpochMs,
    file: RecordingSample,
    place: LinePlace,
  ): boolean {
    const market = file.market?.market ?? '';
    const known = this.#markets.get(market) ?? this.#open(market, file, place);
    if (known !== undefined && kind === 'diff') this.#tellsBook(file.name, known, kind);
    known?.addScanned(scanner, kind, receiveTime, place);
    return known !== undefined;
  }

  /** At the end of the last file. */
  finish(place: LinePlace): void {
    const markets = [...this.#markets.values()];
    const end = Math.max(0, ...markets.map((market) => market.lastTime));
    for (const market of markets) {
      // A whole book received after the cut is right only for its own moment.
      if (this.#cutFiles.has(this.#bookFiles.get(market)?.last ?? '')) market.lost(place, true);
      market.finish(place, end);
    }
  }

  #open(name: string, file: RecordingSample, place: LinePlace): MarketImport | undefined {
    const { format, venue } = file;
    const market: VenueMarket = file.market ??
      format.describe?.(name, venue) ?? { market: name, venue, base: name, quote: '' };
    const symbol = `${name}@${venue}`;
    if (!isSymbol(symbol)) {
      this.#problems.report('bad-line', place, `${JSON.stringify(symbol)} is not a symbol`);
      return undefined;
    }
    const grids = this.#grids.of(symbol);
    const { base, quote } = market;
    const steps = { tickSize: grids.price.step, lotSize: grids.size.step };
    this.#writer.addInstrument({ symbol, venue, base, quote, ...steps });
    const book = format.book(venue);
    const opened = new MarketImport(this.#writer, { symbol, grids, book }, this.#problems);
    this.#markets.set(name, opened);
    this.#symbols.set(name, symbol);
    return opened;
  }
}
