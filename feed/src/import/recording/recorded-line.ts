import type { ParsedLine } from '../format/recording-format.ts';
import type { LinePlace } from '../read/import-problem.ts';
import type { FileDamage } from '../read/line-source.ts';
import type { RecordingSample } from './recording-sample.ts';

/** One part of a line. `before` is set if its receive time goes backwards: the time of the line before. */
export type RecordedLine = {
  readonly parsed: ParsedLine;
  readonly file: RecordingSample;
  readonly line: number;
  readonly before?: string | undefined;
};

/** Some lines; `bytes` counts those of all files read so far, compressed or not. */
export type RecordedBatch = {
  readonly lines: readonly RecordedLine[];
  readonly bytes: number;
  readonly damage?: (FileDamage & LinePlace) | undefined;
};
