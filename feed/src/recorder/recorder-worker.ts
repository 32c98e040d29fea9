import { parentPort, workerData } from 'node:worker_threads';

import { must } from '@tapedeck/market/assert';

import { SystemClock } from '../system-clock.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './recorder-message.ts';
import { SessionRecording } from './session-recording.ts';

const port = must(parentPort, 'the port of a worker thread');
const recording = new SessionRecording(
  workerData as WorkerSettings,
  new SystemClock(),
  (message: FromWorker) => port.postMessage(message),
);

port.on('message', (message: ToWorker) => {
  if (message.type === 'batch') {
    recording.batch(message);
    return;
  }
  recording.close();
  // Without the port nothing keeps the thread alive.
  port.close();
});
