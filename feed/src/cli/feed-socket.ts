import WebSocket, { type RawData } from 'ws';

import type { Dial, LinkSocket } from '@tapedeck/market/link/transport/link-socket';
import { JSON_SUBPROTOCOL } from '@tapedeck/market/wire/version';

/** Opens websockets to the stream at `url`, for a link outside of a browser. */
export function feedSockets(url: string): Dial {
  return (events): LinkSocket => {
    const socket = new WebSocket(url, JSON_SUBPROTOCOL);
    let trouble: string | undefined;
    socket.on('open', () => events.opened());
    socket.on('message', (data: RawData) => events.frame(String(data as Buffer)));
    // `close` follows with a code that says nothing: the reason is here.
    socket.on('error', (error) => {
      trouble = troubleOf(error);
    });
    socket.on('close', (code, reason) => {
      if (trouble !== undefined) events.failed(trouble);
      else if (code === 1006) events.failed('the link broke');
      else events.closed(code, reason.toString());
    });
    return {
      send(text) {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      drop() {
        socket.removeAllListeners();
        // Ending one that is not open yet is told as an error, which nobody wants to hear.
        socket.on('error', () => {});
        socket.terminate();
      },
    };
  };
}

function troubleOf(error: Error): string {
  // Where a name has several addresses each of them failed, and the sum of it has no words.
  const [first] = error instanceof AggregateError ? (error.errors as readonly unknown[]) : [error];
  return first instanceof Error ? first.message : error.message;
}
