import { binanceCsvFormat } from './binance-csv.ts';
import { binanceCollectorFormat } from './collector-recording.ts';
import { gctCsvFormat } from './gct-csv.ts';
import { lobsterFormat } from './lobster.ts';
import { recorderDumpFormat } from './recorder-dump.ts';
import type { RecordingFormat } from './recording-format.ts';
import { tardisFormat } from './tardis-csv.ts';

/** Every format that `--format` accepts, in the order in which they are tried. */
export const RECORDING_FORMATS: readonly RecordingFormat[] = [
  binanceCollectorFormat,
  recorderDumpFormat,
  tardisFormat,
  binanceCsvFormat,
  lobsterFormat,
  gctCsvFormat,
];
