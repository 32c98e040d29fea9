import type { EpochMs } from '@tapedeck/market/level';

import { binanceCsvFormat } from './binance-csv.ts';
import { binanceCollectorFormat } from './collector-recording.ts';
import { lobsterFormat } from './lobster.ts';
import { recorderDumpFormat } from './recorder-dump.ts';
import { tardisFormat } from './tardis-csv.ts';
import type { VenueBook } from './venue-book.ts';
import type { VenueEvent } from './venue-event.ts';

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
      readonly kind: 'bad-line' | 'unknown-stream' | 'unknown-trade-type';
      readonly detail: string;
      readonly receiveText?: string | undefined;
    };

/** What the beginning of a file tells of it. */
export type RecordedMarket = {
  readonly market: string;
  readonly venue: string;
  readonly base: string;
  readonly quote: string;
};

/** Reads the lines of a file in order, and remembers between them what it must. Never throws. */
export interface LineReader {
  read(line: string, file: string): ParsedLine | readonly ParsedLine[];
  /** After the last line. */
  end?(): readonly ParsedLine[];
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
  marketsOf(lines: readonly string[], file: string): readonly RecordedMarket[];
  /** The market that a symbol of ours names, for lines that are not enough to tell. */
  marketOf(symbol: string): RecordedMarket;
  /** For files of many markets, which become one session: the venue. Undefined where it cannot be told. */
  venueOf?(lines: readonly string[], file: string): string | undefined;
  /** A market of such a file by the venue's own name. */
  describe?(market: string, venue: string): RecordedMarket;
  reader(file: string): LineReader;
  /** The venue's rules for its book. */
  book(venue: string): VenueBook;
}

/** Every format that `--format` can name, in the order in which they are tried. */
export const RECORDING_FORMATS: readonly RecordingFormat[] = [
  binanceCollectorFormat,
  recorderDumpFormat,
  tardisFormat,
  binanceCsvFormat,
  lobsterFormat,
];
