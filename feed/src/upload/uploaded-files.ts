/*
 * Files of a request, on their way to a folder of their own: a multipart form of many, or one as the body itself.
 * Nothing is kept in memory; over the bound, cut short or refused, nothing stays on the disk either (the folder is its
 * owner's to remove).
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

/** What is wrong with an upload, in words for whoever sent it. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
}

export type UploadedFile = { readonly name: string; readonly path: string; readonly bytes: number };

export type UploadLimits = { readonly bytes: number; readonly files: number };

export type UploadRequest = {
  readonly body: ReadableStream<Uint8Array>;
  readonly contentType: string;
  /** Of the one file of a body that is no form. */
  readonly name: string | undefined;
  readonly folder: string;
  readonly limits: UploadLimits;
  readonly signal: AbortSignal;
  /** Told of all bytes received so far. */
  readonly onBytes: (bytes: number) => void;
};

const MAX_NAME = 120;
/** Of a path the innermost so many. */
const MAX_FOLDERS = 8;
/** File systems take 255, and a number may come before it. */
const MAX_NAME_BYTES = 240;
/** Text fields of a form: none is needed. */
const MAX_FIELDS = 20;
const MAX_FIELD_BYTES = 1_024;

/** Receives them all. @throws UploadError, or what the disk or the socket said. */
export async function receiveFiles(upload: UploadRequest): Promise<readonly UploadedFile[]> {
  const reader = upload.body.getReader();
  try {
    return await received(upload, Readable.from(piecesOf(reader), { objectMode: false }));
  } finally {
    // Of a refused one the rest is still to come: a reader that was cancelled would break the connection off.
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
    form.abandon();
    throw error;
  }
}

function wholeOf(files: readonly UploadedFile[]): readonly UploadedFile[] {
  if (files.length === 0) throw new UploadError('body: no file is in it');
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

/** The files of a multipart form, each written as it comes. */
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
      // Awaited when the form is over; until then a failure must not end the process.
      written.catch((error: unknown) => void form.destroy(error as Error));
    });
    form.on('filesLimit', () =>
      form.destroy(new UploadError(`body: more than ${limits.files} files`)),
    );
    this.sink = form;
  }

  /** A form that broke off never ends its files by itself. */
  abandon(): void {
    for (const part of this.#parts) part.destroy(new UploadError('body: it broke off'));
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
      // Folders may tell which market a file is of; `safeName` takes out what leads elsewhere.
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
 * The sender's name of a file as a path in our folder: formats and markets are told by it and by the folders that it was
 * in, so it stays as much as it can, its end first of all. Of one that leads out of a folder the name alone stays. Two
 * files of one name are two.
 */
function safeName(given: string, taken: readonly string[]): string {
  const parts = given.split(/[/\\]/);
  const leadsOut = parts.includes('..') || parts[0] === '' || /^[a-z]:/i.test(given);
  const last = cleaned(parts.at(-1) ?? '') || 'upload';
  const folders = leadsOut ? [] : parts.slice(0, -1).slice(-MAX_FOLDERS).map(cleaned);
  const within = folders.filter((folder) => folder !== '');
  // A file and a folder of one name cannot be side by side.
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

/** As much of the end as a file system takes: letters have up to four bytes, and none is cut in two. */
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
