import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';

import { must } from '@tapedeck/market/number/assert';

import { SystemClock } from '../machine/system-clock.ts';
import { SessionRecording } from './batch-writer.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './recorder-message.ts';

const port = must(parentPort, 'the port of a worker thread');
const recording = new SessionRecording(
  workerData as WorkerSettings,
  new SystemClock(),
  (message: FromWorker) => port.postMessage(message),
);

port.on('message', (message: ToWorker) => {
  const batches: (ToWorker & { readonly type: 'batch' })[] = [];
  let next: ToWorker | undefined = message;
  while (next?.type === 'batch') {
    batches.push(next);
    next = receiveMessageOnPort(port)?.message as ToWorker | undefined;
  }
  recording.batches(batches);
  if (next === undefined) return;
  recording.close();
  // Without the port nothing keeps the thread alive.
  port.close();
});
