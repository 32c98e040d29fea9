import type { EpochMs } from '@tapedeck/market/level';

import { binanceCollectorFormat } from './collector-recording.ts';
import type { VenueEvent } from './venue-event.ts';

/** One line of a recording, understood or not. */
export type ParsedLine =
  | {
      readonly kind: 'event';
      /** As the file has it; texts of equal length sort like their times. */
      readonly receiveText: string;
      readonly receiveTime: EpochMs;
      /** The venue's own name of the market; undefined where the line does not say. */
      readonly market: string | undefined;
      readonly event: VenueEvent;
    }
  | {
      readonly kind: 'bad-line' | 'unknown-stream';
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

/** A kind of recording file. A new one is a file of its own and an entry in `RECORDING_FORMATS`. */
export interface RecordingFormat {
  readonly name: string;
  /** Whether these first lines are of this format. */
  recognises(lines: readonly string[]): boolean;
  /** The markets that these lines are of, the most frequent first. */
  marketsOf(lines: readonly string[]): readonly RecordedMarket[];
  /** The market that a symbol of ours names, for lines that are not enough to tell. */
  marketOf(symbol: string): RecordedMarket;
  /** Reads one line. Never throws. */
  parse(line: string): ParsedLine;
}

/** Every format that `--format` can name, in the order in which they are tried. */
export const RECORDING_FORMATS: readonly RecordingFormat[] = [binanceCollectorFormat];
