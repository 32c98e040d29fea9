/*
 * A zip archive of recordings, as Binance's archive offers them. Its entries are read as streams, nothing is unpacked
 * to disk; each must have the size and CRC that the archive gives. Possible zip bombs are refused before anything is
 * read: entries larger than the file, sizes that no text has, archives in archives.
 */
import { pipeline, Transform } from 'node:stream';
import { crc32 } from 'node:zlib';

import { type Entry, openPromise, type ZipFile } from 'yauzl';

import { magicOf, MAGIC_BYTES } from './file-magic.ts';
import { ImportError } from './import-problem.ts';
import type { OpenedRecording, RecordingSource } from './recording-source.ts';

/** Three years of days. */
const MAX_ENTRIES = 2_000;
/** Rows of trades are some ten times as long as their deflate; empty content is a thousand times as long. */
const MAX_RATIO = 200;
/** Below this size, a file may well be one row repeated. */
const SMALL_BYTES = 64 * 1_024 * 1_024;
/** Added by the archivers of some systems. */
const NO_RECORDING = /(^|\/)(__MACOSX\/|\.)|\/$|\.CHECKSUM$/i;

export class ZipArchive {
  readonly sources: readonly RecordingSource[];
  readonly #zip: ZipFile;

  private constructor(zip: ZipFile, sources: readonly RecordingSource[]) {
    this.#zip = zip;
    this.sources = sources;
  }

  /** Reads the list of entries. @throws ImportError if it cannot be read, or should not be. */
  static async open(file: RecordingSource): Promise<ZipArchive> {
    let zip: ZipFile | undefined;
    try {
      // The library enforces entry sizes, and refuses names that lead out of the archive.
      zip = await openPromise(file.path, { autoClose: false });
      if (zip.entryCount > MAX_ENTRIES)
        throw new ImportError(`${file.name} has ${zip.entryCount} entries, over ${MAX_ENTRIES}`);
      const sources: RecordingSource[] = [];
      let compressed = 0;
      for await (const entry of zip.eachEntry()) {
        compressed += entry.compressedSize;
        if (compressed > file.bytes) throw trap(file, 'its entries are larger than the file');
        if (NO_RECORDING.test(entry.fileName)) continue;
        const source = entrySource(zip, entry, file);
        const inside = magicOf(await source.head(MAGIC_BYTES));
        if (inside === 'zip')
          throw new ImportError(
            `${file.name}: ${source.name} is a zip within a zip, which is not supported: unpack it first`,
          );
        sources.push(source);
      }
      if (sources.length === 0) throw new ImportError(`${file.name} contains no file`);
      return new ZipArchive(zip, sources);
    } catch (error) {
      zip?.close();
      if (error instanceof ImportError) throw error;
      const detail = error instanceof Error ? error.message : String(error);
      throw new ImportError(`${file.name} is a zip that cannot be read (${detail})`, {
        cause: error,
      });
    }
  }

  close(): void {
    this.#zip.close();
  }
}

function entrySource(zip: ZipFile, entry: Entry, file: RecordingSource): RecordingSource {
  const name = entry.fileName.split('/').at(-1) ?? entry.fileName;
  const { uncompressedSize: bytes, compressedSize } = entry;
  if (entry.isEncrypted())
    throw new ImportError(`${file.name}: ${name} is encrypted: unpack it with its password first`);
  if (!entry.canDecodeFileData())
    throw new ImportError(
      `${file.name}: ${name} is compressed by method ${entry.compressionMethod}, which is not supported: unpack it first`,
    );
  if (bytes > SMALL_BYTES && bytes > compressedSize * MAX_RATIO)
    throw trap(file, `${name} would unpack from ${compressedSize} to ${bytes} bytes`);
  const open = (): Promise<OpenedRecording> => openEntry(zip, entry);
  const path = `${file.path}/${entry.fileName}`;
  return { name, path, bytes, isArchived: true, open, head: (count) => headOf(open, count) };
}

async function openEntry(zip: ZipFile, entry: Entry): Promise<OpenedRecording> {
  const source = await zip.openReadStreamPromise(entry);
  let bytes = 0;
  let sum = 0;
  const checked = new Transform({
    transform(chunk: Uint8Array, _, done) {
      bytes += chunk.length;
      sum = crc32(chunk, sum);
      done(null, chunk);
    },
    flush(done) {
      const isSound = sum === entry.crc32;
      done(isSound ? null : new Error('its content does not match its checksum in the archive'));
    },
  });
  // An error in either ends both, and the reader gets it.
  pipeline(source, checked, () => undefined);
  return { stream: checked, bytesRead: () => bytes };
}

async function headOf(open: () => Promise<OpenedRecording>, count: number): Promise<Uint8Array> {
  const { stream } = await open();
  for await (const chunk of stream) return (chunk as Uint8Array).subarray(0, count);
  return new Uint8Array(0);
}

function trap(file: RecordingSource, what: string): ImportError {
  return new ImportError(
    `${file.name} is not an archive of recordings: ${what}; it was not unpacked`,
  );
}
