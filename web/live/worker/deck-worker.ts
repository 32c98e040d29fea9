/*
 * The worker of one deck: everything between the socket and the view models runs here, off the page's thread. One
 * worker per tab: its engine has one page.
 */
import { Random } from '@tapedeck/market/number/random';

import { systemClock } from '../../clock/system-clock.ts';
import type { ToDeckWorker } from '../model/deck-port.ts';
import { DeckEngine } from './deck-engine.ts';
import { openWebSocket, probeHealth } from './web-socket.ts';

const engine = new DeckEngine({
  clock: systemClock,
  random: new Random(crypto.getRandomValues(new Uint32Array(1))[0] ?? 1),
  openSocket: openWebSocket,
  loadFallback: () => import('./fallback-sockets.ts'),
  probe: probeHealth,
});

const page = engine.attach((message) => self.postMessage(message));

self.addEventListener('message', (event: MessageEvent<ToDeckWorker>) => page.hear(event.data));
