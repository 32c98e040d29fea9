import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy as some networks have one: what it does to upgrades and to streams is the test's to set, at any time. */
export class TestProxy {
  /** It answers upgrades with 403. */
  blocksUpgrades = true;
  /** It never lets a stream through before its end. */
  buffersStreams = false;
  /** Requests that it let through, as method and path without query. */
  readonly seen: string[] = [];
  readonly #server: Server;
  readonly #to: number;
  readonly #sockets = new Set<Duplex>();

  private constructor(to: number) {
    this.#to = to;
    this.#server = createServer((incoming, outgoing) => this.#forward(incoming, outgoing));
    this.#server.on('connection', (socket) => this.#keep(socket));
    this.#server.on('upgrade', (incoming, socket, head) => {
      if (this.blocksUpgrades) socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      else this.#tunnel(incoming, socket, head);
    });
  }

  static async open(to: number): Promise<TestProxy> {
    const proxy = new TestProxy(to);
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection under way. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    this.seen.push(`${incoming.method} ${incoming.url?.split('?')[0]}`);
    const { method, url, headers } = incoming;
    const onward = request(
      { host: '127.0.0.1', port: this.#to, method, path: url, headers },
      (answer) => {
        const isStream = answer.headers['content-type']?.startsWith('text/event-stream') === true;
        if (isStream && this.buffersStreams) {
          answer.resume();
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }

  #tunnel(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    const onward = connect(this.#to, '127.0.0.1');
    this.#keep(onward);
    const lines = incoming.rawHeaders.flatMap((each, i, all) =>
      i % 2 === 0 ? [`${each}: ${all[i + 1]}`] : [],
    );
    onward.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    onward.write(head);
    onward.pipe(socket).pipe(onward);
    socket.on('error', () => onward.destroy());
    onward.on('close', () => socket.destroy());
  }

  #keep(socket: Duplex | Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
