import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy before a port, as some networks have one: what it blocks is the test's to set, at any time. */
export class BlockingProxy {
  /** It answers upgrades with 403. */
  blocksUpgrades = true;
  /** It holds streams of market data back until their end, which never comes. */
  buffersStreams = false;
  /** The host of the page, where the feed is to be told that one of its own machine asks. */
  forwardedHost: string | undefined;
  readonly #server: Server;
  readonly #to: number;

  private constructor(to: number) {
    this.#to = to;
    this.#server = createServer((incoming, outgoing) => this.#forward(incoming, outgoing));
    this.#server.on('upgrade', (incoming, socket, head) => {
      if (this.blocksUpgrades) socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      else this.#tunnel(incoming, socket, head);
    });
  }

  /** Opens one before the server at `url`, on a free port. */
  static async open(url: string): Promise<BlockingProxy> {
    const proxy = new BlockingProxy(Number(new URL(url).port));
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, url = '' } = incoming;
    const headers = { ...incoming.headers, ...this.#told() };
    const isStream = method === 'GET' && url.startsWith('/v1/stream/sse');
    const onward = request(
      { host: '127.0.0.1', port: this.#to, method, path: url, headers },
      (answer) => {
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

  #told(): Readonly<Record<string, string>> {
    return this.forwardedHost === undefined ? {} : { 'x-forwarded-host': this.forwardedHost };
  }

  #tunnel(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    const onward = connect(this.#to, '127.0.0.1');
    const headers = { ...incoming.headers, ...this.#told() };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`);
    onward.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    onward.write(head);
    onward.pipe(socket).pipe(onward);
    socket.on('error', () => onward.destroy());
    onward.on('error', () => socket.destroy());
  }
}
