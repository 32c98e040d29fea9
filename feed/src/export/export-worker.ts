/*
 * The thread of one export: it reads the history through its own connection and delivers a chunk on request, so that
 * a slow download uses the memory of one chunk and does not affect the live market.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';

import { ZipFile } from 'yazl';

import { HistoryError } from '@tapedeck/db/database/history-error';
import { type History, openHistory } from '@tapedeck/db/history';
import { must } from '@tapedeck/market/number/assert';

import { SystemClock } from '../machine/system-clock.ts';
import { csvFiles } from './csv-export.ts';
import type { ExportSettings, FromExport, ToExport } from './export-message.ts';
import { ndjsonLines } from './ndjson-export.ts';
import { exportTape } from './tape-export.ts';

const CHUNK_BYTES = 64 * 1_024;

const port = must(parentPort, 'the port of a worker thread');
const settings = workerData as ExportSettings;

async function* chunksOf(history: History): AsyncGenerator<Buffer> {
  const { session, format, folder } = settings;
  switch (format) {
    case 'ndjson':
      yield* encoded(ndjsonLines(history, session));
      return;
    case 'csv':
      yield* zipped(history, session);
      return;
    case 'tape': {
      const path = join(folder, 'session.tape');
      exportTape(history, session, path, { now: new SystemClock().now() });
      yield* createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>;
    }
  }
}

/** Small pieces of text as chunks of bytes. */
function* encoded(pieces: Iterable<string>): Generator<Buffer> {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < CHUNK_BYTES) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

async function* zipped(history: History, session: string): AsyncGenerator<Buffer> {
  const zip = new ZipFile();
  const files = csvFiles(history, session);
  for (const { name, text } of files) {
    // The length is not known in advance: a night of a busy market may exceed 4 GB.
    const options = { forceZip64Format: true };
    zip.addReadStreamLazy(name, options, (give) => give(null, Readable.from(encoded(text()))));
  }
  zip.end();
  yield* zip.outputStream as AsyncIterable<Buffer>;
}

let wanted = 0;
let wake: (() => void) | undefined;
port.on('message', (_: ToExport) => {
  wanted++;
  wake?.();
});

async function run(): Promise<void> {
  const history = openHistory(settings.path, { readonly: true });
  try {
    for await (const chunk of chunksOf(history)) {
      while (wanted === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      wanted--;
      // A copy, because the buffer Node reads into is shared.
      const bytes = new Uint8Array(chunk);
      port.postMessage({ type: 'chunk', bytes } satisfies FromExport, [bytes.buffer]);
    }
    port.postMessage({ type: 'end' } satisfies FromExport);
  } finally {
    history.close();
  }
}

try {
  await run();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const temporary = error instanceof HistoryError && error.temporary;
  port.postMessage({ type: 'failed', message, temporary } satisfies FromExport);
}
port.close();
