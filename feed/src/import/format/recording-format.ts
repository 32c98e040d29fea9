import type { EpochMs } from '@tapedeck/market/number/level';

import type { VenueBook } from '../../venue/venue-book.ts';
import type { VenueEvent } from '../../venue/venue-event.ts';
import type { VenueMarket } from '../../venue/venue-market.ts';
import type { ImportGrids } from '../grid/import-grids.ts';
import type { NumberPairs } from '../read/number-pairs.ts';

/** What a line of a recording says, understood or not. */
export type ParsedLine =
  | {
      readonly kind: 'event';
      /** As in the file; texts of equal length sort by time. Undefined without a receive time. */
      readonly receiveText: string | undefined;
      readonly receiveTime: EpochMs;
      /** Names the socket that it was received over, where several sockets may carry the same book. */
      readonly socket?: string | undefined;
      /** The venue's own name of the market; undefined if the line does not name it. */
      readonly market: string | undefined;
      readonly event: VenueEvent;
    }
  | {
      readonly kind: 'bad-line' | 'time-backwards' | 'unknown-stream' | 'unknown-trade-type';
      readonly detail: string;
      readonly receiveText?: string | undefined;
      /** True if the line cannot have contained a change of a book. */
      readonly isTape?: boolean | undefined;
    }
  /** The venue's own counter shows that a frame is missing in this file: it may have been of any of its books. */
  | {
      readonly kind: 'hole';
      readonly detail: string;
      readonly receiveText?: string | undefined;
    };

/** The first lines of a file, its name, and its full path. */
export type FileBeginning = {
  readonly lines: readonly string[];
  readonly file: string;
  readonly path: string;
};

/** Reads the lines of a file in order, keeping the state it needs between them. Never throws. */
export interface LineReader {
  read(line: string, file: string): ParsedLine | readonly ParsedLine[];
  /** Called after the last line. */
  end?(): readonly ParsedLine[];
}

/** How a scanner understood a line; `other` is left to the format's reader. */
export type ScannedKind = 'other' | 'diff' | 'trade' | 'ticker';

/** Reads the plain lines of a recording from their bytes; its fields hold the last line until the next one. */
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
  /** Of a diff or a ticker. */
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
   * How the files of one recording are combined: `in-turn`, one after the other; `by-time`, merged by receive time;
   * `in-step`, line by line, with one reader for all.
   */
  readonly order: 'in-turn' | 'by-time' | 'in-step';
  /** Whether these first lines are in this format. */
  recognises(lines: readonly string[], file: string): boolean;
  /** The markets in these lines, the most frequent first. */
  marketsOf(lines: readonly string[], file: string, path?: string): readonly VenueMarket[];
  /** The market that our symbol names, if the lines are not enough to tell. */
  marketOf(symbol: string, beginning?: FileBeginning): VenueMarket;
  /** The question to the user if the file contradicts itself about its market. */
  question?(lines: readonly string[], file: string, path: string): string | undefined;
  /** For a known kind of file that is not supported: what it is, and what is supported. */
  unread?(lines: readonly string[], file: string): string | undefined;
  /** For files of many markets, which become one session: the venue. Undefined if unknown. */
  venueOf?(lines: readonly string[], file: string): string | undefined;
  /** A market of such a file by the venue's own name. */
  describe?(market: string, venue: string): VenueMarket;
  /** For files read in step: why these two are not a pair. */
  pairFault?(first: string, second: string): string | undefined;
  reader(file: string): LineReader;
  /** A fast path for the usual lines of a one-market recording; undefined if these grids do not allow one. */
  scanner?(market: VenueMarket, grids: ImportGrids): LineScanner | undefined;
  /** The venue's rules for its book. */
  book(venue: string): VenueBook;
}
