import WebSocket, { type RawData } from 'ws';

import type { Dial, LinkSocket } from '@tapedeck/market/link/transport/link-socket';
import { JSON_SUBPROTOCOL } from '@tapedeck/market/wire/version';

/** Opens WebSockets to the stream at `url`, for a link outside a browser. */
export function feedSockets(url: string): Dial {
  return (events): LinkSocket => {
    const socket = new WebSocket(url, JSON_SUBPROTOCOL);
    let trouble: string | undefined;
    socket.on('open', () => events.opened());
    socket.on('message', (data: RawData) => events.frame(String(data as Buffer)));
    // The `close` that follows has only a code; the reason is here.
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
        // Closing a socket that is not open yet emits an error, which does not matter.
        socket.on('error', () => {});
        socket.terminate();
      },
    };
  };
}

function troubleOf(error: Error): string {
  // If a name has several addresses, each of them failed, and the AggregateError has no message of its own.
  const [first] = error instanceof AggregateError ? (error.errors as readonly unknown[]) : [error];
  return first instanceof Error ? first.message : error.message;
}
