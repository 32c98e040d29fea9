import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { magicOf, MAGIC_BYTES } from './file-magic.ts';
import type { RecordingSource } from './recording-source.ts';

/**
 * Whole lines of a file as bytes, each with its newline; `bytesRead` counts bytes of the file itself, compressed or
 * not.
 */
export type LineChunk = {
  readonly bytes: Uint8Array;
  readonly bytesRead: number;
  readonly isLast?: boolean;
  /** Set on the last chunk of a file that is incomplete or corrupt. */
  readonly damage?: FileDamage | undefined;
};

/** The same as text, without newlines. */
export type LineBatch = Omit<LineChunk, 'bytes'> & { readonly lines: readonly string[] };

/** `cut`: everything before the end is correct. `corrupt`: lines of this file may be wrong without looking so. */
export type FileDamage = { readonly kind: 'cut' | 'corrupt'; readonly detail: string };

/** Text is some eight times as long as its gzip: one step of the decompressor per chunk it reads. */
const UNZIPPED_BYTES = 1_024 * 1_024;
/** A venue's longest frame is a full snapshot, below 2 MB; a file with a longer line is not text. */
const MAX_LINE_BYTES = 32 * 1_024 * 1_024;
/** Empty lines in a row: some kilobytes of gzip can contain gigabytes of them, and no recording has any. */
const MAX_BLANK_BYTES = 1_024 * 1_024;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const BOM = [0xef, 0xbb, 0xbf] as const;
const NOTHING = new Uint8Array(0);

/**
 * Lines of a plain or gzipped recording (recognised by its first bytes, not by its name), in chunks, with the memory
 * of one chunk. A BOM is removed. A cut gzip yields every line that could be read before reporting the cut: an async
 * iterator over the stream would discard those.
 */
export async function* readChunks(source: RecordingSource): AsyncGenerator<LineChunk> {
  const isGzip = magicOf(await source.head(MAGIC_BYTES)) === 'gzip';
  const { stream: file, bytesRead } = await source.open();
  const stream: Readable = isGzip ? file.pipe(createGunzip({ chunkSize: UNZIPPED_BYTES })) : file;
  let rest: Uint8Array = NOTHING;
  let isFirst = true;
  let blank = 0;
  let damage: FileDamage | undefined;
  try {
    const { isArchived } = source;
    const onDamage = (problem: FileDamage): void => void (damage = problem);
    for await (const chunk of chunksOf(stream, file, isArchived, onDamage)) {
      let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      if (isFirst && bytes.length >= BOM.length) {
        if (BOM.every((byte, at) => bytes[at] === byte)) bytes = bytes.subarray(BOM.length);
        isFirst = false;
      }
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      rest = bytes.subarray(end);
      if (rest.length > MAX_LINE_BYTES) {
        damage = { kind: 'corrupt', detail: `a line is longer than ${MAX_LINE_BYTES} bytes` };
        break;
      }
      blank = blankEnd(bytes, blank);
      if (blank > MAX_BLANK_BYTES) {
        damage = { kind: 'corrupt', detail: `${MAX_BLANK_BYTES} bytes of empty lines in a row` };
        break;
      }
      yield { bytes: bytes.subarray(0, end), bytesRead: bytesRead() };
    }
    // The last line needs no newline; in a damaged file it is cut and useless.
    const isWhole = damage === undefined && rest.length > 0;
    const bytes = isWhole ? Buffer.concat([rest, Uint8Array.of(NEWLINE)]) : NOTHING;
    yield { bytes, bytesRead: bytesRead(), isLast: true, damage };
  } finally {
    file.destroy();
    stream.destroy();
  }
}

/** How many bytes of empty lines there are at the end of these bytes; `before` counts those just before them. */
function blankEnd(bytes: Uint8Array, before: number): number {
  let at = bytes.length;
  while (at > 0 && (bytes[at - 1] === NEWLINE || bytes[at - 1] === CARRIAGE_RETURN)) at--;
  return at === 0 ? before + bytes.length : bytes.length - at;
}

/** The same lines as text. */
export async function* readLines(source: RecordingSource): AsyncGenerator<LineBatch> {
  for await (const { bytes, ...chunk } of readChunks(source)) {
    const lines = textOf(bytes, 0, bytes.length).split('\n');
    lines.pop();
    yield { ...chunk, lines: lines.map(withoutCr) };
  }
}

/** Text of some bytes of a file. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
}

/** Where the line before the newline at `newline` ends, without its CR. */
export function endOfLine(bytes: Uint8Array, start: number, newline: number): number {
  return newline > start && bytes[newline - 1] === CARRIAGE_RETURN ? newline - 1 : newline;
}

function withoutCr(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** Every chunk from the stream, including those before an error of its decompressor. */
async function* chunksOf(
  stream: Readable,
  file: Readable,
  isArchived: boolean,
  onDamage: (problem: FileDamage) => void,
): AsyncGenerator<Uint8Array> {
  const queue: Uint8Array[] = [];
  let state: 'open' | 'ended' | 'damaged' | 'failed' = 'open';
  let failure: unknown;
  let wake = (): void => undefined;
  stream.on('data', (chunk: Uint8Array) => {
    queue.push(chunk);
    stream.pause();
    wake();
  });
  stream.on('end', () => {
    if (state === 'open') state = 'ended';
    wake();
  });
  stream.on('error', (error: Error) => {
    state = stream === file && !isArchived ? 'failed' : 'damaged';
    failure = error;
    wake();
  });
  // A disk error under the decompressor is not a cut file.
  file.on('error', (error: Error) => {
    state = isArchived ? 'damaged' : 'failed';
    failure = error;
    wake();
  });
  for (;;) {
    const chunk = queue.shift();
    if (chunk !== undefined) {
      yield chunk;
    } else if (state === 'open') {
      const woken = new Promise<void>((resolve) => (wake = resolve));
      stream.resume();
      await woken;
    } else break;
  }
  if (state === 'failed') throw failure;
  if (state === 'damaged') onDamage(damageOf(failure));
}

/** zlib calls a stream that ends too early a buffer error; any other error means wrong content. */
function damageOf(failure: unknown): FileDamage {
  const isCut = failure instanceof Error && 'code' in failure && failure.code === 'Z_BUF_ERROR';
  const detail = failure instanceof Error ? failure.message : String(failure);
  return { kind: isCut ? 'cut' : 'corrupt', detail };
}
