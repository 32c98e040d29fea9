/*
 * The lines of one import's files -> its session. Most files are read by `recordedLines`: text, parsed events. For a
 * format with a scanner, the scanner reads the bytes, and the parser only the lines that the scanner leaves; either
 * way gives the same events in the same order.
 */
import type { LineScanner, ParsedLine } from '../format/recording-format.ts';
import { ImportError, type LinePlace, type ProblemLog } from '../read/import-problem.ts';
import { endOfLine, type FileDamage, readChunks, textOf } from '../read/line-source.ts';
import { ReceiveOrder } from '../recording/receive-order.ts';
import { recordedLines } from '../recording/recording-lines.ts';
import type { RecordingSample } from '../recording/recording-sample.ts';
import type { SessionImport } from './session-import.ts';

export type PumpTarget = {
  readonly session: SessionImport;
  readonly problems: ProblemLog;
  /** Called between batches. */
  readonly flush: () => void;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (bytes: number, events: number) => void;
};

const NEWLINE = 10;

/** Reads all files. @throws ImportError if one is corrupt, or in strict mode at the first problem. */
export async function pumpRecording(
  files: readonly RecordingSample[],
  target: PumpTarget,
): Promise<void> {
  const scanners = files.map((file) => target.session.scannerOf(file));
  const isScanned = files.every((file) => file.format.order === 'in-turn');
  if (isScanned && scanners.every((scanner) => scanner !== undefined))
    await pumpScanned(files, scanners, target);
  else await pumpParsed(files, target);
}

async function pumpParsed(
  files: readonly RecordingSample[],
  { session, problems, flush, signal, onProgress }: PumpTarget,
): Promise<void> {
  let events = 0;
  let place = { file: '', line: 0 };
  for await (const batch of recordedLines(files)) {
    signal?.throwIfAborted();
    for (const { parsed, file, line, before } of batch.lines) {
      place = { file: file.name, line };
      if (take(parsed, before, file, place, session, problems)) events++;
    }
    if (batch.damage !== undefined) {
      tellDamage(batch.damage, batch.damage, problems);
      session.cut(batch.damage);
    }
    flush();
    onProgress(batch.bytes, events);
  }
  session.finish(place);
}

async function pumpScanned(
  files: readonly RecordingSample[],
  scanners: readonly LineScanner[],
  { session, problems, flush, signal, onProgress }: PumpTarget,
): Promise<void> {
  const order = new ReceiveOrder();
  let events = 0;
  let bytesBefore = 0;
  let place = { file: '', line: 0 };
  for (const [i, file] of files.entries()) {
    const scanner = scanners[i] as LineScanner;
    const reader = file.format.reader(file.name);
    place = { file: file.name, line: 0 };
    for await (const { bytes, bytesRead, damage } of readChunks(file.source)) {
      signal?.throwIfAborted();
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        place.line++;
        const stop = endOfLine(bytes, start, end);
        const kind = stop === start ? 'other' : scanner.scan(bytes, start, stop);
        if (kind !== 'other' && order.follows(scanner)) {
          if (session.addScanned(scanner, kind, timeOf(scanner), file, place)) events++;
        } else if (stop > start) {
          const found = reader.read(textOf(bytes, start, stop), file.name);
          for (const parsed of 'kind' in found ? [found] : found) {
            const before = order.check(parsed.receiveText);
            if (take(parsed, before, file, place, session, problems)) events++;
          }
        }
        start = end + 1;
      }
      if (damage !== undefined) {
        const cut = { file: file.name, line: place.line + 1 };
        tellDamage(damage, cut, problems);
        session.cut(cut);
      }
      flush();
      onProgress(bytesBefore + Math.min(bytesRead, file.bytes), events);
    }
    bytesBefore += file.bytes;
  }
  session.finish(place);
}

/** Epoch milliseconds: ten digits are seconds, the next three their thousandths. */
function timeOf({ timeDigits, seconds, fraction }: LineScanner): number {
  if (timeDigits === 10) return seconds * 1_000;
  return seconds * 1_000 + Math.floor(fraction / 10 ** (timeDigits - 13));
}

/** True for an event of a market that is being imported. */
function take(
  parsed: ParsedLine,
  before: string | undefined,
  file: RecordingSample,
  place: LinePlace,
  session: SessionImport,
  problems: ProblemLog,
): boolean {
  if (parsed.kind !== 'event') {
    // The books that it concerns report a hole.
    if (parsed.kind !== 'hole') problems.report(parsed.kind, place, parsed.detail);
    session.lost(parsed, place);
    return false;
  }
  if (before === undefined) return session.add(parsed, file, place);
  problems.report('time-backwards', place, `received at ${parsed.receiveText}, after ${before}`);
  session.lost(parsed, place);
  return false;
}

function tellDamage(damage: FileDamage, place: LinePlace, problems: ProblemLog): void {
  const { file, line } = place;
  if (damage.kind === 'corrupt')
    throw new ImportError(
      `${file}:${line}: the file is damaged (${damage.detail}): its lines may be wrong without any sign of it`,
    );
  problems.report('cut-file', { file, line }, damage.detail);
}
