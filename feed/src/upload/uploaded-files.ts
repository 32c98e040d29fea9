/*
 * Files of a request, written to a folder of their own: a multipart form of many, or one as the body itself. Nothing
 * is kept in memory. Over the limit, cut short or refused, the upload fails as a whole; its owner deletes the folder.
 */
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import {
  Busboy,
  type BusboyFileStream,
  type BusboyHeaders,
  type BusboyInstance,
} from '@fastify/busboy';

import { shown } from '@tapedeck/market/wire/codec/codec';

/** What is wrong with an upload, as a message for its sender. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
}

export type UploadedFile = { readonly name: string; readonly path: string; readonly bytes: number };

export type UploadLimits = { readonly bytes: number; readonly files: number };

export type UploadRequest = {
  readonly body: ReadableStream<Uint8Array>;
  readonly contentType: string;
  /** Name of the one file if the body is not a form. */
  readonly name: string | undefined;
  readonly folder: string;
  readonly limits: UploadLimits;
  readonly signal: AbortSignal;
  /** Called with the number of bytes received so far. */
  readonly onBytes: (bytes: number) => void;
};

const MAX_NAME = 120;
/** Innermost folders of a path that are kept. */
const MAX_FOLDERS = 8;
/** File systems allow 255, and a number may be put in front. */
const MAX_NAME_BYTES = 240;
/** Text fields of a form: none is needed. */
const MAX_FIELDS = 20;
const MAX_FIELD_BYTES = 1_024;

/**
 * Receives all files. @throws UploadError, or the error of the disk or the socket, once no file is open any more and
 * none is still being created: its folder can be removed.
 */
export async function receiveFiles(upload: UploadRequest): Promise<readonly UploadedFile[]> {
  const reader = upload.body.getReader();
  try {
    return await received(upload, Readable.from(piecesOf(reader), { objectMode: false }));
  } finally {
    // The rest of a refused upload is still coming, and cancelling the reader would break the connection.
    reader.releaseLock();
  }
}

async function* piecesOf(reader: ReadableStreamDefaultReader<Uint8Array>) {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

async function received(upload: UploadRequest, source: Readable): Promise<readonly UploadedFile[]> {
  const counted = counter(upload);
  if (!upload.contentType.startsWith('multipart/form-data')) {
    const name = safeName(upload.name ?? 'upload', []);
    const path = placeOf(upload.folder, name);
    await pipeline(source, counted.through, createWriteStream(path, { flags: 'wx' }), {
      signal: upload.signal,
    });
    return wholeOf([{ name, path, bytes: counted.bytes() }]);
  }
  const form = new FormFiles(upload);
  try {
    await pipeline(source, counted.through, form.sink, { signal: upload.signal });
    return wholeOf(await form.files());
  } catch (error) {
    await form.abandon();
    throw error;
  }
}

function wholeOf(files: readonly UploadedFile[]): readonly UploadedFile[] {
  if (files.length === 0) throw new UploadError('body: contains no file');
  const empty = files.find(({ bytes }) => bytes === 0);
  if (empty !== undefined) throw new UploadError(`body: ${empty.name} is empty`);
  return files;
}

function counter({ limits, onBytes }: UploadRequest) {
  let bytes = 0;
  const through = new Transform({
    transform(chunk: Uint8Array, _, done) {
      bytes += chunk.length;
      if (bytes > limits.bytes) {
        done(new UploadError(`body: more than ${limits.bytes} bytes`));
        return;
      }
      onBytes(bytes);
      done(null, chunk);
    },
  });
  return { through, bytes: () => bytes };
}

/** The files of a multipart form, each written as it arrives. */
class FormFiles {
  readonly sink: Writable;
  readonly #writing: Promise<UploadedFile>[] = [];
  readonly #parts: BusboyFileStream[] = [];

  constructor({ contentType, limits, folder }: UploadRequest) {
    const form = openForm(contentType, limits);
    const names: string[] = [];
    form.on('file', (_: string, stream: BusboyFileStream, given: string) => {
      const name = safeName(given, names);
      names.push(name);
      const path = placeOf(folder, name);
      let bytes = 0;
      this.#parts.push(stream);
      stream.on('data', (chunk: Uint8Array) => void (bytes += chunk.length));
      const written = pipeline(stream, createWriteStream(path, { flags: 'wx' })).then(() => ({
        name,
        path,
        bytes,
      }));
      this.#writing.push(written);
      // Awaited at the end of the form; until then a failure must not end the process as unhandled.
      written.catch((error: unknown) => void form.destroy(error as Error));
    });
    form.on('filesLimit', () =>
      form.destroy(new UploadError(`body: more than ${limits.files} files`)),
    );
    this.sink = form;
  }

  /** A form that is cut off never ends its files by itself. */
  async abandon(): Promise<void> {
    for (const part of this.#parts) part.destroy(new UploadError('body: cut off'));
    await Promise.allSettled(this.#writing);
  }

  async files(): Promise<readonly UploadedFile[]> {
    return Promise.all(this.#writing);
  }
}

function openForm(contentType: string, limits: UploadLimits): BusboyInstance {
  const headers: BusboyHeaders = { 'content-type': contentType };
  try {
    return new Busboy({
      headers,
      // Folders may tell which market a file belongs to; `safeName` removes what leads elsewhere.
      preservePath: true,
      limits: { files: limits.files, fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES },
    });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new UploadError(`content-type: ${shown(contentType)} is not a form (${detail})`);
  }
}

function placeOf(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

/**
 * The sender's file name as a path in our folder. Format and market are recognised by it and its folders, so it keeps
 * as much as possible, above all its end. A path that leads out of a folder keeps only the file name. Two files with
 * the same name remain two.
 */
function safeName(given: string, taken: readonly string[]): string {
  const parts = given.split(/[/\\]/);
  const leadsOut = parts.includes('..') || parts[0] === '' || /^[a-z]:/i.test(given);
  const last = cleaned(parts.at(-1) ?? '') || 'upload';
  const folders = leadsOut ? [] : parts.slice(0, -1).slice(-MAX_FOLDERS).map(cleaned);
  const within = folders.filter((folder) => folder !== '');
  // A file and a folder cannot have the same name.
  const isFree = (path: string): boolean =>
    taken.every(
      (other) => other !== path && !other.startsWith(`${path}/`) && !path.startsWith(`${other}/`),
    );
  const isBlocked = taken.some((other) => `${within.join('/')}/`.startsWith(`${other}/`));
  const base = isBlocked ? [] : within;
  const name = [...base, last].join('/');
  if (isFree(name)) return name;
  for (let n = 2; ; n++) {
    const other = [...base, `${n}-${last}`].join('/');
    if (isFree(other)) return other;
  }
}

function cleaned(name: string): string {
  return endOf(name.replaceAll(/[^\p{L}\p{N} ._()+@=,-]/gu, '_')).replace(/^[. ]+/, '');
}

/** As much of the end as a file system takes; a letter of up to four bytes is never split. */
function endOf(name: string): string {
  let bytes = 0;
  const kept: string[] = [];
  for (const letter of Array.from(name).toReversed()) {
    bytes += Buffer.byteLength(letter);
    if (bytes > MAX_NAME_BYTES || kept.length === MAX_NAME) break;
    kept.push(letter);
  }
  return kept.toReversed().join('');
}
