import { createServer, request } from 'node:http';
import { connect } from 'node:net';

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { AddressInfo } from 'node:net' */
/** @import { Duplex } from 'node:stream' */

/** A proxy in front of a server, as some networks have one. A test can change what it blocks at any time. */
export class BlockingProxy {
  /** Answers upgrades with 403. */
  blocksUpgrades = true;
  /** Holds back streams of market data, as a buffering proxy does until their end: nothing of them arrives. */
  buffersStreams = false;
  /** Closes every new connection: the server is unreachable. */
  refuses = false;
  /** Headers added to each request. @type {Record<string, string>} */
  told = {};
  /** Forwarded requests, as method and path without query. @type {string[]} */
  seen = [];
  #server = createServer((incoming, outgoing) => this.#forward(incoming, outgoing));
  /** @type {Set<Duplex>} */
  #sockets = new Set();
  #to;

  /** @param {string} url */
  constructor(url) {
    this.#to = Number(new URL(url).port);
    this.#server.on('connection', (socket) => {
      this.#keep(socket);
      if (this.refuses) socket.destroy();
    });
    this.#server.on('upgrade', (incoming, socket, head) => {
      if (this.blocksUpgrades) socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      else this.#tunnel(incoming, socket, head);
    });
  }

  /** Opens a proxy for the server at `url`, on a free port. @param {string} url @returns {Promise<BlockingProxy>} */
  static async open(url) {
    const proxy = new BlockingProxy(url);
    await new Promise((resolve) => {
      proxy.#server.listen(0, '127.0.0.1', () => resolve(undefined));
    });
    return proxy;
  }

  get port() {
    return /** @type {AddressInfo} */ (this.#server.address()).port;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Closes every open connection. */
  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  close() {
    this.#server.close();
    this.cut();
  }

  /** @param {IncomingMessage} incoming @param {ServerResponse} outgoing */
  #forward(incoming, outgoing) {
    const { method, url = '' } = incoming;
    this.seen.push(`${method} ${url.split('?')[0]}`);
    const headers = { ...incoming.headers, ...this.told };
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

  /** @param {IncomingMessage} incoming @param {Duplex} socket @param {Buffer} head */
  #tunnel(incoming, socket, head) {
    const onward = connect(this.#to, '127.0.0.1');
    this.#keep(onward);
    const headers = { ...incoming.headers, ...this.told };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`);
    onward.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    onward.write(head);
    onward.pipe(socket).pipe(onward);
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  }

  /** @param {Duplex} socket */
  #keep(socket) {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
