/* The clients of the fan-out bench, in a thread of their own: what they cost is not the server's. */
import { parentPort, workerData } from 'node:worker_threads';

import WebSocket from 'ws';

/** What the bench tells this thread. */
export type ClientsOrder = {
  readonly url: string;
  /** Channels of each client. */
  readonly channels: readonly (readonly string[])[];
};
/** Source events that reached the clients, bytes of their frames, and age of each frame when it came. */
export type ClientsReport = {
  readonly carried: number;
  readonly bytes: number;
  readonly lags: readonly number[];
};

type Heard = {
  readonly type: string;
  readonly merged?: number;
  readonly trades?: readonly unknown[];
  readonly lost?: number;
  readonly eventTime?: number;
  readonly sendTime?: number;
};

const ACK_MS = 1_000;
const { url, channels } = workerData as ClientsOrder;
let carried = 0;
let bytes = 0;
let lags: number[] = [];

/** A plain server sends each event by itself; the product says how many are merged. */
function eventsOf(message: Heard): number {
  switch (message.type) {
    case 'update':
    case 'trade':
      return 1;
    case 'book-delta':
      return message.merged ?? 0;
    case 'trades':
      return (message.trades?.length ?? 0) + (message.lost ?? 0);
    default:
      return 0;
  }
}

const sockets = await Promise.all(
  channels.map(
    (names) =>
      new Promise<WebSocket>((resolve, reject) => {
        const socket = new WebSocket(url, { perMessageDeflate: false });
        let newest = 0;
        let isFollowing = false;
        socket.on('open', () => {
          socket.send(JSON.stringify({ type: 'subscribe', channels: names }));
          resolve(socket);
        });
        socket.on('error', reject);
        socket.on('message', (data) => {
          const text = (data as Buffer).toString();
          bytes += text.length;
          for (const line of text.split('\n')) {
            const message = JSON.parse(line) as Heard;
            // The first values are no events of the stream.
            if (message.type === 'book-delta') isFollowing = true;
            carried += eventsOf(message);
            newest = Math.max(newest, message.sendTime ?? 0);
            if (message.eventTime !== undefined && (isFollowing || message.type === 'update'))
              lags.push(Date.now() - message.eventTime);
          }
        });
        setInterval(() => {
          if (newest > 0) socket.send(JSON.stringify({ type: 'ack', at: newest }));
        }, ACK_MS);
      }),
  ),
);

parentPort?.on('message', (order: 'reset' | 'report' | 'close') => {
  if (order === 'report') parentPort?.postMessage({ carried, bytes, lags } satisfies ClientsReport);
  else if (order === 'reset') {
    carried = 0;
    bytes = 0;
    lags = [];
    parentPort?.postMessage('done');
  } else {
    for (const socket of sockets) socket.terminate();
    process.exit(0);
  }
});
parentPort?.postMessage('ready');
