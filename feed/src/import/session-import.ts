import type { SessionWriter } from '@tapedeck/db/session-writer';
import { DecimalScale } from '@tapedeck/market/decimal';
import { isSymbol } from '@tapedeck/market/instrument';

import type { LinePlace, ProblemLog } from './import-problem.ts';
import { type ImportGrids, MarketImport, type MessageCounts } from './market-import.ts';
import type { ParsedLine, RecordedMarket } from './recording-format.ts';
import {
  type DecimalPlaces,
  NO_PLACES,
  type RecordingSample,
  widerPlaces,
} from './recording-sample.ts';

/** The grids of each market: as given, or the coarsest that everything met so far fits. */
export class GridFinder {
  readonly #given: {
    readonly tickSize?: string | undefined;
    readonly lotSize?: string | undefined;
  };
  readonly #places = new Map<string, DecimalPlaces>();

  constructor(
    given: { readonly tickSize?: string | undefined; readonly lotSize?: string | undefined },
    files: readonly RecordingSample[],
  ) {
    this.#given = given;
    for (const file of files) {
      for (const [name, places] of file.places) {
        const market = file.market?.market ?? name;
        if (name === '' || name === market) this.refine(`${market}@${file.venue}`, places);
      }
    }
  }

  refine(symbol: string, places: DecimalPlaces): void {
    this.#places.set(symbol, widerPlaces(this.#places.get(symbol) ?? NO_PLACES, places));
  }

  of(symbol: string): ImportGrids {
    const { tickSize, lotSize } = this.#given;
    const places = this.#places.get(symbol) ?? NO_PLACES;
    return {
      price: new DecimalScale(tickSize ?? stepOf(places.price)),
      size: new DecimalScale(lotSize ?? stepOf(places.size)),
      priceFixed: tickSize !== undefined,
      sizeFixed: lotSize !== undefined,
    };
  }
}

/** The power of ten with so many decimal places: the smallest step that everything met is a multiple of. */
function stepOf(places: number): string {
  return places === 0 ? '1' : `0.${'0'.repeat(places - 1)}1`;
}

type ParsedEvent = ParsedLine & { readonly kind: 'event' };

/** The markets of one import: each is added to the session with its first event. */
export class SessionImport {
  readonly #writer: SessionWriter;
  readonly #grids: GridFinder;
  readonly #problems: ProblemLog;
  readonly #markets = new Map<string, MarketImport>();
  readonly #symbols = new Map<string, string>();

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

  /** Levels a side, where the recording is a view of the book. */
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
      // In a dump of many markets the others are no mistake.
      if (file.format.venueOf === undefined)
        this.#problems.report('other-symbol', place, `of ${market}, not ${only}`);
      return false;
    }
    const known = this.#markets.get(market) ?? this.#open(market, file, place);
    if (known === undefined) return false;
    known.add(parsed.event, parsed.receiveTime, place);
    return true;
  }

  /** At the end of the last file. */
  finish(place: LinePlace): void {
    for (const market of this.#markets.values()) market.finish(place);
  }

  #open(name: string, file: RecordingSample, place: LinePlace): MarketImport | undefined {
    const { format, venue } = file;
    const market: RecordedMarket = file.market ??
      format.describe?.(name, venue) ?? { market: name, venue, base: name, quote: '' };
    const symbol = `${name}@${venue}`;
    if (!isSymbol(symbol)) {
      this.#problems.report('bad-line', place, `${JSON.stringify(symbol)} can be no symbol`);
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
