import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';

import { must } from '@tapedeck/market/number/assert';

import { SystemClock } from '../machine/system-clock.ts';
import { BatchWriter } from './batch-writer.ts';
import type { FromRecorderWorker, ToRecorderWorker, WorkerSettings } from './recorder-message.ts';

const port = must(parentPort, 'the port of a worker thread');
const writer = new BatchWriter(
  workerData as WorkerSettings,
  new SystemClock(),
  (message: FromRecorderWorker) => port.postMessage(message),
);

port.on('message', (message: ToRecorderWorker) => {
  const batches: (ToRecorderWorker & { readonly type: 'batch' })[] = [];
  let next: ToRecorderWorker | undefined = message;
  while (next?.type === 'batch') {
    batches.push(next);
    next = receiveMessageOnPort(port)?.message as ToRecorderWorker | undefined;
  }
  writer.batches(batches);
  if (next === undefined) return;
  writer.close();
  // Only the port keeps the thread alive.
  port.close();
});
