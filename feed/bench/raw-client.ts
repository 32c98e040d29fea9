/*
 * A cheap WebSocket client: it counts frames and passes on only requested ones, so that thousands of clients fit next
 * to the measured server. All sockets read into one buffer, because each chunk is processed at once.
 */
import { connect, type Socket } from 'node:net';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const READ_BYTES = 256 * 1_024;
const CHUNK = Buffer.allocUnsafe(READ_BYTES);
const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
/** How much of a frame's beginning `wants` may look at. */
const PEEK_BYTES = 16;

export type RawClientOptions = {
  readonly port: number;
  readonly path: string;
  readonly subprotocol?: string | undefined;
  /** Whether a message is passed on completely; sees its first bytes, fewer at the end of a chunk. */
  readonly wants: (beginning: Buffer) => boolean;
  readonly onMessage: (payload: Buffer) => void;
};

export class RawClient {
  /** Messages and their bytes, without the WebSocket's own. */
  frames = 0;
  bytes = 0;
  readonly #options: RawClientOptions;
  readonly #socket: Socket;
  readonly #header = Buffer.alloc(10);
  #headerLength = 0;
  #left = 0;
  #opcode = 0;
  #parts: Buffer[] | undefined;
  #open = false;
  #handshake = '';
  #onOpen: () => void = () => {};

  private constructor(options: RawClientOptions) {
    this.#options = options;
    this.#socket = connect({
      port: options.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: CHUNK,
        callback: (length) => {
          this.#read(CHUNK.subarray(0, length));
          return true;
        },
      },
    });
    this.#socket.on('error', () => {});
  }

  static open(options: RawClientOptions): Promise<RawClient> {
    const client = new RawClient(options);
    const subprotocol =
      options.subprotocol === undefined ? '' : `Sec-WebSocket-Protocol: ${options.subprotocol}\r\n`;
    client.#socket.write(
      `GET ${options.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n` +
        `Connection: Upgrade\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n${subprotocol}\r\n`,
    );
    return new Promise((resolve) => {
      client.#onOpen = () => resolve(client);
    });
  }

  /** A text frame; the mask that clients must use is zero. */
  send(text: string): void {
    this.#write(OPCODE.text, Buffer.from(text));
  }

  /** Stops reading. */
  deafen(): void {
    this.#socket.pause();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #write(opcode: number, payload: Buffer): void {
    const { length } = payload;
    const size = length < 126 ? [0x80 | length] : [0xfe, length >> 8, length & 255];
    this.#socket.write(Buffer.concat([Buffer.from([0x80 | opcode, ...size, 0, 0, 0, 0]), payload]));
  }

  #read(chunk: Buffer): void {
    let at = 0;
    if (!this.#open) {
      this.#handshake += chunk.toString('latin1');
      const end = this.#handshake.indexOf('\r\n\r\n');
      if (end < 0) return;
      at = chunk.length - (this.#handshake.length - end - 4);
      this.#open = true;
      this.#onOpen();
    }
    while (at < chunk.length) {
      if (this.#left === 0) {
        at = this.#readHeader(chunk, at);
        if (this.#left > 0) this.#begin(chunk, at);
        continue;
      }
      const part = Math.min(this.#left, chunk.length - at);
      this.#parts?.push(Buffer.from(chunk.subarray(at, at + part)));
      this.#left -= part;
      at += part;
      if (this.#left === 0) this.#end();
    }
  }

  /** Where the payload begins; `left` stays 0 while the header is incomplete, or if there is no payload. */
  #readHeader(chunk: Buffer, from: number): number {
    const header = this.#header;
    let at = from;
    while (at < chunk.length) {
      header[this.#headerLength++] = chunk[at++] ?? 0;
      const short = (header[1] ?? 0) & 127;
      const wanted = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (this.#headerLength < wanted) continue;
      this.#headerLength = 0;
      this.#opcode = (header[0] ?? 0) & 15;
      this.#left =
        short === 126 ? header.readUInt16BE(2) : short === 127 ? header.readUInt32BE(6) : short;
      if (this.#left === 0 && this.#opcode === OPCODE.ping)
        this.#write(OPCODE.pong, Buffer.alloc(0));
      break;
    }
    return at;
  }

  #begin(chunk: Buffer, at: number): void {
    const isMessage = this.#opcode <= OPCODE.binary;
    if (isMessage) {
      this.frames++;
      this.bytes += this.#left;
    }
    const wanted = isMessage
      ? this.#options.wants(chunk.subarray(at, Math.min(at + PEEK_BYTES, chunk.length)))
      : this.#opcode === OPCODE.ping;
    this.#parts = wanted ? [] : undefined;
  }

  #end(): void {
    if (this.#parts === undefined) return;
    const payload = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    this.#parts = undefined;
    if (payload === undefined) return;
    if (this.#opcode === OPCODE.ping) this.#write(OPCODE.pong, payload);
    else this.#options.onMessage(payload);
  }
}
