import type { EpochMs } from '@tapedeck/market/number/level';

import type { VenueBook } from '../../venue/venue-book.ts';
import type { VenueEvent } from '../../venue/venue-event.ts';
import type { VenueMarket } from '../../venue/venue-market.ts';
import type { ImportGrids } from '../grid/import-grids.ts';
import type { NumberPairs } from '../read/number-pairs.ts';

/** Something that a line of a recording says, understood or not. */
export type ParsedLine =
  | {
      readonly kind: 'event';
      /** As the file has it; texts of equal length sort like their times. Undefined where it has no receive time. */
      readonly receiveText: string | undefined;
      readonly receiveTime: EpochMs;
      /** The venue's own name of the market; undefined where the line does not say. */
      readonly market: string | undefined;
      readonly event: VenueEvent;
    }
  | {
      readonly kind: 'bad-line' | 'time-backwards' | 'unknown-stream' | 'unknown-trade-type';
      readonly detail: string;
      readonly receiveText?: string | undefined;
      /** True where it cannot have held a change of a book. */
      readonly isTape?: boolean | undefined;
    };

/** The beginning of a file, its name, and its whole path. */
export type FileBeginning = {
  readonly lines: readonly string[];
  readonly file: string;
  readonly path: string;
};

/** Reads the lines of a file in order, and remembers between them what it must. Never throws. */
export interface LineReader {
  read(line: string, file: string): ParsedLine | readonly ParsedLine[];
  /** After the last line. */
  end?(): readonly ParsedLine[];
}

/** What a scanner understood of a line; `other` is for the reader of the format. */
export type ScannedKind = 'other' | 'diff' | 'trade' | 'ticker';

/** Reads the plain lines of a recording from their bytes; the fields of the last one stand in it until the next. */
export interface LineScanner {
  /** Reads the line from `start` to `end`, which is its newline. Never throws. */
  scan(bytes: Uint8Array, start: number, end: number): ScannedKind;
  /** Receive time: how many digits it has, its first ten (seconds), and the rest of them. */
  readonly timeDigits: number;
  readonly seconds: number;
  readonly fraction: number;
  /** Of a diff. */
  readonly eventTime: EpochMs;
  readonly firstId: number;
  /** Of a diff, and of a ticker. */
  readonly lastId: number;
  readonly previousId: number | undefined;
  /** Bids, then asks. */
  readonly levels: NumberPairs;
  readonly bidCount: number;
  /** Of a trade, in ticks and lots. */
  readonly tradeTime: EpochMs;
  readonly tradeId: number;
  readonly price: number;
  readonly size: number;
  readonly buyerIsMaker: boolean;
  /** Of a ticker, in ticks and lots. */
  readonly bid: number;
  readonly bidSize: number;
  readonly ask: number;
  readonly askSize: number;
}

/** A kind of recording file. A new one is a file of its own and an entry in `RECORDING_FORMATS`. */
export interface RecordingFormat {
  readonly name: string;
  /**
   * How the files of one recording belong together: `in-turn`, the later after the earlier; `by-time`, merged by
   * receive time; `in-step`, line by line, with one reader for all.
   */
  readonly order: 'in-turn' | 'by-time' | 'in-step';
  /** Whether these first lines are of this format. */
  recognises(lines: readonly string[], file: string): boolean;
  /** The markets that these lines are of, the most frequent first. */
  marketsOf(lines: readonly string[], file: string, path?: string): readonly VenueMarket[];
  /** The market that a symbol of ours names, for lines that are not enough to tell. */
  marketOf(symbol: string, beginning?: FileBeginning): VenueMarket;
  /** Why a file cannot be taken without a word of its user, where its own words contradict each other. */
  question?(lines: readonly string[], file: string, path: string): string | undefined;
  /** That a file is of a kind which is known and not read: what it is, and what is read. */
  unread?(lines: readonly string[], file: string): string | undefined;
  /** For files of many markets, which become one session: the venue. Undefined where it cannot be told. */
  venueOf?(lines: readonly string[], file: string): string | undefined;
  /** A market of such a file by the venue's own name. */
  describe?(market: string, venue: string): VenueMarket;
  /** Of files that go in step: what is wrong with these two as a pair. */
  pairFault?(first: string, second: string): string | undefined;
  reader(file: string): LineReader;
  /** A short way for the lines that a recording of one market mostly has; undefined where these grids allow none. */
  scanner?(market: VenueMarket, grids: ImportGrids): LineScanner | undefined;
  /** The venue's rules for its book. */
  book(venue: string): VenueBook;
}
