/*
 * Two files whose rows correspond, row k to row k: read in step, by one reader. Files that are not a pair, by their
 * names or because their rows contradict each other and differ in number, are refused: rows would be matched wrongly.
 * If one merely ends early, what came before is correct and the rest is missing.
 */
import type { ParsedLine } from '../format/recording-format.ts';
import { ImportError } from '../read/import-problem.ts';
import { type FileDamage, readLines } from '../read/line-source.ts';
import type { RecordedBatch, RecordedLine } from './recorded-line.ts';
import type { RecordingSample } from './recording-sample.ts';

const BATCH = 4_096;

/** Everything in a pair, each row of the first file by name before that of the other. */
export async function* linesInStep(
  files: readonly RecordingSample[],
): AsyncGenerator<RecordedBatch> {
  const [first, second] = pairOf(files);
  const names = `${first.name} and ${second.name}`;
  const reader = first.format.reader(first.name);
  const cursors = [new RowCursor(first), new RowCursor(second)];
  let lines: RecordedLine[] = [];
  let contradictions = 0;
  let isTold = false;
  for (;;) {
    const ended: RowCursor[] = [];
    for (const cursor of cursors) {
      const row = await cursor.next();
      if (row === undefined) {
        ended.push(cursor);
        continue;
      }
      const { file, line } = cursor;
      const found = reader.read(row, file.name);
      for (const parsed of 'kind' in found ? [found] : found) {
        lines.push({ parsed, file, line });
        if (isContradiction(parsed)) contradictions++;
      }
    }
    const bytes = cursors.reduce((sum, cursor) => sum + cursor.bytes, 0);
    const [short] = ended;
    if (short !== undefined && !isTold) {
      isTold = true;
      const damage = endOf(short, ended.length < cursors.length);
      if (contradictions > 0 && damage !== undefined && short.damage === undefined)
        throw new ImportError(
          `${names} are not a pair: they contradict each other, and their rows differ in number: ${damage.detail}; nothing was imported`,
        );
      yield { lines, bytes, damage };
      lines = [];
    }
    if (ended.length === cursors.length) break;
    if (lines.length < BATCH) continue;
    yield { lines, bytes };
    lines = [];
  }
  yield { lines, bytes: files.reduce((sum, file) => sum + file.bytes, 0) };
}

/** Why a file has no more rows although it should. */
function endOf(cursor: RowCursor, isShorter: boolean): RecordedBatch['damage'] {
  const { file, line, rows, damage } = cursor;
  const place = { file: file.name, line: line + 1 };
  if (damage !== undefined) return { ...damage, ...place };
  if (!isShorter) return undefined;
  const detail = `${file.name} ends after ${rows} rows, the other file has more`;
  return { kind: 'cut', detail, ...place };
}

function isContradiction(parsed: ParsedLine): boolean {
  return parsed.kind === 'event' && parsed.event.type === 'check' && !parsed.event.ok;
}

/** The two files, in order of their names. @throws ImportError if they are not a pair. */
function pairOf(
  files: readonly RecordingSample[],
): readonly [first: RecordingSample, second: RecordingSample] {
  const [first, second] = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (first === undefined || second === undefined || files.length !== 2)
    throw new ImportError(
      `${files.map((file) => file.name).join(', ')}: a message file and its order book file are needed, one pair at a time`,
      { wrongUse: true },
    );
  const names = `${first.name} and ${second.name}`;
  const fault = first.format.pairFault?.(first.name, second.name);
  if (fault !== undefined)
    throw new ImportError(`${names} are not a pair: ${fault}; nothing was imported`, {
      wrongUse: true,
    });
  return [first, second];
}

/** The rows of a file, without empty lines. */
class RowCursor {
  readonly file: RecordingSample;
  /** Line number of the last row returned, and how many were. */
  line = 0;
  rows = 0;
  bytes = 0;
  damage: FileDamage | undefined;
  readonly #batches: ReturnType<typeof readLines>;
  #lines: readonly string[] = [];
  #at = 0;

  constructor(file: RecordingSample) {
    this.file = file;
    this.#batches = readLines(file.source);
  }

  async next(): Promise<string | undefined> {
    for (;;) {
      while (this.#at < this.#lines.length) {
        const text = this.#lines[this.#at++];
        this.line++;
        if (text === undefined || text === '') continue;
        this.rows++;
        return text;
      }
      const { value, done } = await this.#batches.next();
      if (done === true) return undefined;
      this.#lines = value.lines;
      this.#at = 0;
      this.bytes = Math.min(value.bytesRead, this.file.bytes);
      this.damage = value.damage;
    }
  }
}
