import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Readable } from 'node:stream';

import { ImportError } from './import-problem.ts';

/** The bytes of one recording as a stream; `bytesRead` counts those read so far. */
export type OpenedRecording = { readonly stream: Readable; readonly bytesRead: () => number };

/** Where a recording is: a file, or an entry of a zip archive. */
export interface RecordingSource {
  /** The file name without folders: formats are recognised by it, and problems name it. */
  readonly name: string;
  /** With all its folders, which may say more. */
  readonly path: string;
  readonly bytes: number;
  /** True if the bytes are checked while reading: an error in them is damage, not a failing disk. */
  readonly isArchived: boolean;
  open(): Promise<OpenedRecording>;
  /** The first `count` bytes, or fewer if there are no more. */
  head(count: number): Promise<Uint8Array>;
}

/** A file on disk. @throws ImportError if there is none. */
export async function fileSource(path: string): Promise<RecordingSource> {
  const info = await orRefuse(path, () => stat(path));
  if (!info.isFile()) throw new ImportError(`${path} is not a file`, { wrongUse: true });
  return {
    name: basename(path),
    path: resolve(path),
    bytes: info.size,
    isArchived: false,
    open() {
      const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES });
      return Promise.resolve({ stream, bytesRead: () => stream.bytesRead });
    },
    head: (count) => orRefuse(path, () => headOf(path, count)),
  };
}

const CHUNK_BYTES = 256 * 1_024;

async function headOf(path: string, count: number): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function orRefuse<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const detail = error instanceof Error ? error.message : String(error);
    const text = missing ? `there is no file ${path}` : `cannot read ${path}: ${detail}`;
    throw new ImportError(text, { cause: error, wrongUse: true });
  }
}
