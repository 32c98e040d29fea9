import type { LinkSocket, SocketEvents } from '@tapedeck/market/link/transport/link-socket';
import { BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL } from '@tapedeck/market/wire/version';

import { JSON_WORKER } from '../model/deck-port.ts';

/** Close code of a socket that ended without a closing handshake (RFC 6455). */
const ABNORMAL = 1_006;
const PROBE_PATIENCE_MS = 1_200;

/** Origins whose path seems to strip subprotocols: none is requested there, which means JSON. */
const bare = new Set<string>();

/** Subprotocols to offer, the best first: a feed without the binary form takes the other. */
function subprotocols(origin: string): string[] {
  if (bare.has(origin)) return [];
  return self.name.startsWith(JSON_WORKER)
    ? [JSON_SUBPROTOCOL]
    : [BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL];
}

/** Browsers fail a socket whose subprotocols get no answer: if the feed itself answers, dial without them. */
async function judge(origin: string): Promise<void> {
  if (bare.delete(origin)) return;
  if (await probeHealth(origin.replace(/^ws/, 'http'))) bare.add(origin);
}

/** Opens a browser's socket to `url`. */
export function openWebSocket(url: string, events: SocketEvents): LinkSocket {
  const { origin } = new URL(url);
  let socket: WebSocket;
  try {
    socket = new WebSocket(url, subprotocols(origin));
    socket.binaryType = 'arraybuffer';
  } catch (error) {
    // A page over https may not open ws: at all.
    queueMicrotask(() => events.failed(error instanceof Error ? error.message : String(error)));
    return { send: () => {}, drop: () => {} };
  }
  let wasOpen = false;
  socket.onopen = () => {
    wasOpen = true;
    events.opened();
  };
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'string') events.frame(data);
    else if (data instanceof ArrayBuffer) events.frame(new Uint8Array(data));
  };
  socket.onclose = ({ code, reason }) => {
    if (!wasOpen && code === ABNORMAL) {
      void judge(origin);
      events.failed('the feed cannot be reached');
    } else if (code === ABNORMAL) events.failed('the link broke');
    else events.closed(code, reason);
  };
  return {
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    drop() {
      socket.onopen = null;
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    },
  };
}

/** Whether a feed answers at `origin`. */
export async function probeHealth(origin: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(PROBE_PATIENCE_MS);
    const response = await fetch(`${origin}/healthz`, { signal, cache: 'no-store' });
    return response.ok;
  } catch {
    return false;
  }
}
