import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** A few lines of a file, in order; `bytesRead` counts bytes of the file, compressed where it is. */
export type LineBatch = {
  readonly lines: readonly string[];
  readonly bytesRead: number;
  readonly isLast?: boolean;
  /** Set on the last batch of a file that is not whole. */
  readonly damage?: FileDamage | undefined;
};

/** `cut`: what came before the end is sound. `corrupt`: lines of this file may be wrong without looking so. */
export type FileDamage = { readonly kind: 'cut' | 'corrupt'; readonly detail: string };

const GZIP_MAGIC = [0x1f, 0x8b] as const;
const CHUNK_BYTES = 256 * 1_024;
/** The longest frame of a venue is a full snapshot, below 2 MB; beyond this it is no text file. */
const MAX_LINE_CHARACTERS = 32 * 1_024 * 1_024;
const BOM = '\u{feff}';

/**
 * Lines of a plain or gzipped file (told by its first bytes, not by its name), in batches, with the memory of one
 * batch. BOM and CR are taken off. A cut gzip gives every line that could be read before it says so: an async iterator
 * over the stream would throw those away.
 */
export async function* readLines(path: string): AsyncGenerator<LineBatch> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const zipped = await isGzip(path);
  const stream: Readable = zipped ? file.pipe(createGunzip({ chunkSize: CHUNK_BYTES })) : file;
  const decoder = new TextDecoder();
  let rest = '';
  let first = true;
  let damage: FileDamage | undefined;
  try {
    for await (const chunk of chunksOf(stream, file, (problem) => (damage = problem))) {
      let text = rest + decoder.decode(chunk, { stream: true });
      if (first && text.length > 0) {
        if (text.startsWith(BOM)) text = text.slice(1);
        first = false;
      }
      const lines = text.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE_CHARACTERS) {
        const detail = `a line is longer than ${MAX_LINE_CHARACTERS} characters`;
        damage = { kind: 'corrupt', detail };
        break;
      }
      yield { lines: lines.map(withoutCr), bytesRead: file.bytesRead };
    }
    // The last line needs no newline; of a damaged file it is cut and says nothing.
    const last = damage === undefined && rest !== '' ? [withoutCr(rest)] : [];
    yield { lines: last, bytesRead: file.bytesRead, isLast: true, damage };
  } finally {
    file.destroy();
    stream.destroy();
  }
}

function withoutCr(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

async function isGzip(path: string): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    const head = Buffer.alloc(GZIP_MAGIC.length);
    await handle.read(head, 0, GZIP_MAGIC.length, 0);
    return head[0] === GZIP_MAGIC[0] && head[1] === GZIP_MAGIC[1];
  } finally {
    await handle.close();
  }
}

/** Every chunk that the stream gave, also those before an error of its decompressor. */
async function* chunksOf(
  stream: Readable,
  file: Readable,
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
    state = stream === file ? 'failed' : 'damaged';
    failure = error;
    wake();
  });
  // A disk that fails under the decompressor is no cut file.
  file.on('error', (error: Error) => {
    state = 'failed';
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

/** zlib calls a stream that ends too early a buffer error; everything else is content that does not fit. */
function damageOf(failure: unknown): FileDamage {
  const isCut = failure instanceof Error && 'code' in failure && failure.code === 'Z_BUF_ERROR';
  const detail = failure instanceof Error ? failure.message : String(failure);
  return { kind: isCut ? 'cut' : 'corrupt', detail };
}
