import { connect } from 'node:net';

/** The response to bytes that no well-behaved client would send. */
export type RawAnswer = { readonly status: number; readonly text: string };

/** Sends these lines unchanged and reads until the server ends; `body` follows the empty line. */
export function rawRequest(port: number, lines: readonly string[], body = ''): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      // A stream or a WebSocket does not end by itself.
      if (/^HTTP\/1\.1 (?:101|200)/.test(text)) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () =>
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text }),
    );
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  });
}
