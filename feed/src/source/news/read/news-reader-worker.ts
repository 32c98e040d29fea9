/* The thread that reads one document: a large one takes a quarter of a second, in which no book may wait. */
import { parentPort, workerData } from 'node:worker_threads';

import { must } from '@tapedeck/market/number/assert';

import { readNewsDocument } from './news-document.ts';
import type { FromReader, ToReader } from './read-message.ts';

const { text, address } = workerData as ToReader;

function read(): FromReader {
  try {
    return { document: readNewsDocument(text, address) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

must(parentPort, 'the port of a worker thread').postMessage(read());
