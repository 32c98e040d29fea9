/*
 * The worker of one deck: everything between the socket and the view models runs here, off the page's thread. One
 * worker per tab; a shared one would only need another port.
 */
import { Random } from '@tapedeck/market/number/random';

import { systemClock } from '../../clock/system-clock.ts';
import type { ToDeckWorker } from '../model/deck-port.ts';
import { DeckEngine } from './deck-engine.ts';
import { openWebSocket, probeHealth } from './web-socket.ts';

const engine = new DeckEngine({
  clock: systemClock,
  random: new Random(crypto.getRandomValues(new Uint32Array(1))[0] ?? 1),
  post: (message) => self.postMessage(message),
  openSocket: openWebSocket,
  loadFallback: () => import('./fallback-sockets.ts'),
  probe: probeHealth,
});

self.addEventListener('message', (event: MessageEvent<ToDeckWorker>) => engine.hear(event.data));
