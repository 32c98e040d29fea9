/*
 * Servers that are not dependencies of the product: `rivals/package.json` names them, and the bench installs them
 * there. Only what is used of them is typed here.
 */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

import type { FanoutServer } from './fanout-servers.ts';

const need = createRequire(new URL('rivals/package.json', import.meta.url));

type IoSocket = {
  on: (name: 'subscribe', take: (symbols: readonly string[]) => void) => void;
  join: (room: string) => void;
};
type IoClient = {
  readonly writeBuffer: readonly { readonly data?: string }[];
  readonly transport: { readonly socket?: { readonly bufferedAmount: number } };
};
type IoServer = {
  on: (name: 'connection', take: (socket: IoSocket) => void) => void;
  to: (room: string) => { emit: (name: string, value: unknown) => void };
  readonly engine: { readonly clients: Readonly<Record<string, IoClient>> };
};
type SocketIo = { readonly Server: new (http: unknown, options: object) => IoServer };

/** A room per symbol; an event is emitted to its room. */
export async function socketIoServer(): Promise<FanoutServer> {
  const { Server } = need('socket.io') as SocketIo;
  const http = createServer();
  const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false });
  io.on('connection', (socket) => {
    socket.on('subscribe', (symbols) => {
      for (const symbol of symbols) socket.join(symbol);
    });
  });
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (http.address() as AddressInfo).port,
    take: (event) => io.to(event.symbol).emit('event', event),
    bufferedBytes: () =>
      Object.values(io.engine.clients).reduce((sum, each) => sum + ioBytes(each), 0),
  };
}

/** Bytes waiting for the transport, where all packets are about as long as the first, and bytes waiting in it. */
function ioBytes({ writeBuffer, transport }: IoClient): number {
  const waiting = writeBuffer.length * (writeBuffer[0]?.data?.length ?? 1);
  return waiting + (transport.socket?.bufferedAmount ?? 0);
}

type UwsSocket = { subscribe: (topic: string) => void; getBufferedAmount: () => number };
type UwsApp = {
  ws: (path: string, behaviour: object) => UwsApp;
  listen: (host: string, port: number, done: (listening: unknown) => void) => void;
  publish: (topic: string, text: string) => boolean;
};
type Uws = {
  readonly App: () => UwsApp;
  readonly us_socket_local_port: (listening: unknown) => number;
};
/** Its default drops messages for clients 64 KiB behind: here nothing may be lost. */
const UWS_BACKPRESSURE = 64 * 1_024 * 1_024;

/** A topic per symbol; an event is encoded once and published. uWebSockets.js batches what one turn publishes. */
export async function uwsServer(): Promise<FanoutServer> {
  const { App, us_socket_local_port: portOf } = (await import(
    new URL('rivals/node_modules/uws-pack/dist/index.mjs', import.meta.url).href
  )) as Uws;
  const app = App();
  const sockets = new Set<UwsSocket>();
  app.ws('/*', {
    maxBackpressure: UWS_BACKPRESSURE,
    compression: 0,
    open: (socket: UwsSocket) => sockets.add(socket),
    close: (socket: UwsSocket) => sockets.delete(socket),
    message: (socket: UwsSocket, data: ArrayBuffer) => {
      const { channels = [] } = JSON.parse(Buffer.from(data).toString()) as { channels?: string[] };
      for (const symbol of channels) socket.subscribe(symbol);
    },
  });
  const port = await new Promise<number>((resolve) => {
    app.listen('127.0.0.1', 0, (listening) => resolve(portOf(listening)));
  });
  return {
    port,
    take: (event) => app.publish(event.symbol, JSON.stringify(event)),
    bufferedBytes: () => [...sockets].reduce((sum, each) => sum + each.getBufferedAmount(), 0),
  };
}
