import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Readable } from 'node:stream';

import { ImportError } from './import-problem.ts';

/** The bytes of one recording as they come; `bytesRead` says how many so far. */
export type OpenedRecording = { readonly stream: Readable; readonly bytesRead: () => number };

/** Where a recording is: a file, or what a zip archive has in it. */
export interface RecordingSource {
  /** The name of the file alone: formats are told by it, and problems name it. */
  readonly name: string;
  /** With all of its folders, which may say more. */
  readonly path: string;
  readonly bytes: number;
  /** True where the bytes are checked on their way: an error in them is damage, not a disk that fails. */
  readonly isArchived: boolean;
  open(): Promise<OpenedRecording>;
  /** The first so many bytes, or fewer where there are no more. */
  head(count: number): Promise<Uint8Array>;
}

/** A file on the disk. @throws ImportError where there is none. */
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
