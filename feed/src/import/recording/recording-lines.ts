/*
 * The parsed lines of all files of one import, in processing order: file after file, or merged by receive time or by
 * line number. Memory is that of one batch per file.
 */
import type { LineReader, ParsedLine } from '../format/recording-format.ts';
import { readLines } from '../read/line-source.ts';
import { linesInStep } from './lines-in-step.ts';
import { ReceiveOrder } from './receive-order.ts';
import type { RecordedBatch, RecordedLine } from './recorded-line.ts';
import type { RecordingSample } from './recording-sample.ts';

/** Merged lines are passed on in batches of this size. */
const MERGED_BATCH = 4_096;

/** All lines of the files, which are combined in the same order. */
export async function* recordedLines(
  files: readonly RecordingSample[],
): AsyncGenerator<RecordedBatch> {
  const [first] = files;
  if (first === undefined) return;
  if (first.format.order !== 'in-turn') {
    yield* merged(files, first.format.order);
    return;
  }
  let bytes = 0;
  const order = new ReceiveOrder();
  for (const file of files) {
    for await (const batch of parsedBatches(file, file.format.reader(file.name), order))
      yield { ...batch, bytes: bytes + batch.bytes };
    bytes += file.bytes;
  }
}

async function* parsedBatches(
  file: RecordingSample,
  reader: LineReader,
  order: ReceiveOrder,
): AsyncGenerator<RecordedBatch> {
  let line = 0;
  for await (const batch of readLines(file.source)) {
    const lines: RecordedLine[] = [];
    const add = (parsed: ParsedLine): void => {
      const before = order.check(parsed.receiveText);
      lines.push({ parsed, file, line, before });
    };
    for (const text of batch.lines) {
      line++;
      if (text === '') continue;
      const found = reader.read(text, file.name);
      if ('kind' in found) add(found);
      else for (const each of found) add(each);
    }
    const damage = batch.damage && { ...batch.damage, file: file.name, line: line + 1 };
    if (batch.isLast) for (const each of reader.end?.() ?? []) add(each);
    yield { lines, bytes: Math.min(batch.bytesRead, file.bytes), damage };
  }
}

/** One file of a merge: its next line, and the batches after it. */
class MergeCursor {
  readonly #batches: AsyncGenerator<RecordedBatch>;
  #lines: readonly RecordedLine[] = [];
  #at = 0;
  bytes = 0;
  #damage: RecordedBatch['damage'];

  constructor(batches: AsyncGenerator<RecordedBatch>) {
    this.#batches = batches;
  }

  get head(): RecordedLine | undefined {
    return this.#lines[this.#at];
  }

  /** Moves to the next line; false if another batch is needed first. */
  next(): boolean {
    return ++this.#at < this.#lines.length;
  }

  async fill(): Promise<void> {
    while (this.#at >= this.#lines.length) {
      const { value, done } = await this.#batches.next();
      if (done === true) return;
      this.#lines = value.lines;
      this.#at = 0;
      this.bytes = value.bytes;
      this.#damage = value.damage;
    }
  }

  /** Why the file ended early: once, after its last line. */
  takeDamage(): RecordedBatch['damage'] {
    if (this.head !== undefined) return undefined;
    const damage = this.#damage;
    this.#damage = undefined;
    return damage;
  }
}

async function* merged(
  files: readonly RecordingSample[],
  order: 'by-time' | 'in-step',
): AsyncGenerator<RecordedBatch> {
  if (order === 'in-step') {
    yield* linesInStep(files);
    return;
  }
  const cursors = files.map(
    (file) =>
      new MergeCursor(parsedBatches(file, file.format.reader(file.name), new ReceiveOrder())),
  );
  let lines: RecordedLine[] = [];
  const bytesOf = (): number => cursors.reduce((sum, cursor) => sum + cursor.bytes, 0);
  for (const cursor of cursors) {
    await cursor.fill();
    const damage = cursor.takeDamage();
    if (damage !== undefined) yield { lines: [], bytes: bytesOf(), damage };
  }
  for (;;) {
    let first: MergeCursor | undefined;
    for (const cursor of cursors) {
      if (cursor.head === undefined) continue;
      if (first === undefined || timeOf(cursor) < timeOf(first)) first = cursor;
    }
    if (first?.head === undefined) break;
    lines.push(first.head);
    if (!first.next()) await first.fill();
    // Reported at its position: a file that follows a cut one begins after the hole.
    const damage = first.takeDamage();
    if (damage === undefined && lines.length < MERGED_BATCH) continue;
    yield { lines, bytes: bytesOf(), damage };
    lines = [];
  }
  yield { lines, bytes: bytesOf() };
}

/** An unreadable line has no time: it comes first. */
function timeOf(cursor: MergeCursor): string {
  return cursor.head?.parsed.receiveText ?? '';
}
