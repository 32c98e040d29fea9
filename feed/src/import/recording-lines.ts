/*
 * The lines of all files of one import, parsed, in the order in which they are to be taken: file after file, or merged by
 * receive time or by line number. Memory is that of one batch a file.
 */
import { ImportError, type LinePlace } from './import-problem.ts';
import { type FileDamage, readLines } from './line-source.ts';
import { ReceiveOrder } from './receive-order.ts';
import type { LineReader, ParsedLine } from './recording-format.ts';
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

/** Merged lines are handed on in batches of so many. */
const MERGED_BATCH = 4_096;

/** Everything in the files, which are of one order. */
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
  for await (const batch of readLines(file.path)) {
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

  /** Goes on to the next line; false where another batch is needed first. */
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

  /** Why the file has no more lines where it should have: once, after its last line. */
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
    yield* inStep(files);
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
    // Told in its place: a file that follows a cut one begins behind the hole.
    const damage = first.takeDamage();
    if (damage === undefined && lines.length < MERGED_BATCH) continue;
    yield { lines, bytes: bytesOf(), damage };
    lines = [];
  }
  yield { lines, bytes: bytesOf() };
}

/** A line that could not be read has no time: it is told at once. */
function timeOf(cursor: MergeCursor): string {
  return cursor.head?.parsed.receiveText ?? '';
}

/** Line k of every file before line k + 1 of any; the files in the order of their names. */
async function* inStep(files: readonly RecordingSample[]): AsyncGenerator<RecordedBatch> {
  const ordered = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const [first] = ordered;
  if (first === undefined) return;
  if (ordered.length !== 2)
    throw new ImportError(
      `${ordered.map((file) => file.name).join(', ')}: a message file and its order book file are needed, both`,
      { wrongUse: true },
    );
  const reader = first.format.reader(first.name);
  const texts = ordered.map((file) => linesOf(file));
  let lines: RecordedLine[] = [];
  let bytes = 0;
  for (let line = 1; ; line++) {
    let ended = 0;
    for (const [i, file] of ordered.entries()) {
      let value = await nextOf(texts[i]);
      while (value !== undefined && value.text === undefined) {
        bytes += value.bytes;
        const damage = value.damage && { ...value.damage, file: file.name, line };
        if (damage !== undefined) {
          yield { lines, bytes, damage };
          lines = [];
        }
        value = await nextOf(texts[i]);
      }
      if (value?.text === undefined) ended++;
      else if (value.text !== '') {
        const found = reader.read(value.text, file.name);
        for (const parsed of 'kind' in found ? [found] : found) lines.push({ parsed, file, line });
      }
    }
    if (ended === ordered.length) break;
    if (lines.length < MERGED_BATCH) continue;
    yield { lines, bytes };
    lines = [];
  }
  yield { lines, bytes };
}

/** A line; or, without text, what became known at the end of a batch of them. */
type TextLine = {
  readonly text?: string | undefined;
  readonly bytes: number;
  readonly damage?: FileDamage | undefined;
};

async function nextOf(lines: AsyncGenerator<TextLine> | undefined): Promise<TextLine | undefined> {
  const next = await lines?.next();
  return next === undefined || next.done === true ? undefined : next.value;
}

async function* linesOf(file: RecordingSample): AsyncGenerator<TextLine> {
  let read = 0;
  for await (const batch of readLines(file.path)) {
    for (const text of batch.lines) yield { text, bytes: 0 };
    const bytes = Math.min(batch.bytesRead, file.bytes) - read;
    read += bytes;
    yield { bytes, damage: batch.damage };
  }
}
