/* A deck's fallbacks for blocked WebSockets. Downloaded only then: this file may only be imported dynamically. */
import { createParser } from 'eventsource-parser';

import type { HttpAnswer, HttpPort } from '@tapedeck/market/link/transport/http-port';
import { openPolling } from '@tapedeck/market/link/transport/polling-socket';
import { openSse } from '@tapedeck/market/link/transport/sse-socket';

import { systemClock } from '../../clock/system-clock.ts';
import type { OpenSocket } from './dialer.ts';

const PATIENCE_MS = 8_000;

const HTTP: HttpPort = {
  stream(url, events) {
    const abort = new AbortController();
    const read = async (): Promise<void> => {
      const response = await fetch(url, { signal: abort.signal, cache: 'no-store' });
      if (!response.ok) {
        events.refused(await answerOf(response));
        return;
      }
      const parser = createParser({ onEvent: ({ event = '', data }) => events.event(event, data) });
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const chunk = await reader?.read();
        if (chunk === undefined || chunk.done) break;
        parser.feed(chunk.value);
      }
      events.ended('the stream ended');
    };
    read().catch(() => {
      if (!abort.signal.aborted) events.ended('the stream broke');
    });
    return { drop: () => abort.abort() };
  },

  async request(url, { method = 'GET', body, headers = {} } = {}) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    // Conditional requests are made here: the browser's own cache would turn a 304 into a body of unknown age.
    const init = { method, headers, signal, cache: 'no-store' } as const;
    return answerOf(await fetch(url, body === undefined ? init : { ...init, body }));
  },
};

export const openStream: OpenSocket = (url, events) => openSse(HTTP, url, events);

export const openPolled: OpenSocket = (url, events) =>
  openPolling({ http: HTTP, clock: systemClock, url }, events);

async function answerOf(response: Response): Promise<HttpAnswer> {
  const body = await response.text();
  return { status: response.status, body, header: (name) => response.headers.get(name) };
}
