import type { ParsedLine } from '../format/recording-format.ts';
import type { LinePlace } from '../read/import-problem.ts';
import type { FileDamage } from '../read/line-source.ts';
import type { RecordingSample } from './recording-sample.ts';

/** One thing that a line says. `before` is set where its receive time runs backwards: the time of the line before. */
export type RecordedLine = {
  readonly parsed: ParsedLine;
  readonly file: RecordingSample;
  readonly line: number;
  readonly before?: string | undefined;
};

/** Some lines; `bytes` counts those of all files read so far, compressed where they are. */
export type RecordedBatch = {
  readonly lines: readonly RecordedLine[];
  readonly bytes: number;
  readonly damage?: (FileDamage & LinePlace) | undefined;
};
