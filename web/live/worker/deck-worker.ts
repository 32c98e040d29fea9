/*
 * The worker of the decks: everything between the sockets and the view models runs here, off the pages' threads. As a
 * shared worker it serves the pages of all tabs; where there is none, each tab has its own, with one port.
 */
import { Random } from '@tapedeck/market/number/random';

import { systemClock } from '../../clock/system-clock.ts';
import type { FromPage } from '../model/deck-port.ts';
import { DeckEngine } from './deck-engine.ts';
import { DeckHost } from './deck-host.ts';
import { openWebSocket, probeHealth } from './web-socket.ts';

/** Only the scope of a shared worker has connections. */
const isShared = 'onconnect' in self;

const host = new DeckHost({
  clock: systemClock,
  createEngine: () =>
    new DeckEngine({
      isShared,
      clock: systemClock,
      random: new Random(crypto.getRandomValues(new Uint32Array(1))[0] ?? 1),
      openSocket: openWebSocket,
      loadFallback: () => import('./fallback-sockets.ts'),
      fetch: (url, init) => fetch(url, init),
      probe: probeHealth,
    }),
  onLockFree(name, then) {
    const waiting = new AbortController();
    navigator.locks.request(name, { signal: waiting.signal }, then).catch(() => {});
    return () => waiting.abort();
  },
});

type Port = Pick<MessagePort, 'postMessage' | 'onmessage'>;

function serve(port: Port): void {
  const page = host.connect((message) => port.postMessage(message));
  port.onmessage = ({ data }: MessageEvent<FromPage>) => page.hear(data);
}

if (isShared)
  self.addEventListener('connect', (event) => {
    for (const port of (event as MessageEvent).ports) serve(port);
  });
else serve(self as unknown as Port);
