import { createParser } from 'eventsource-parser';

import type { HttpAnswer, HttpPort } from '@tapedeck/market/link/transport/http-port';
import { must } from '@tapedeck/market/number/assert';

const PATIENCE_MS = 8_000;

/** The fallback transports of tests make real requests. */
export const TEST_HTTP: HttpPort = {
  stream(url, events) {
    const abort = new AbortController();
    void (async () => {
      try {
        const response = await fetch(url, { signal: abort.signal });
        if (!response.ok) {
          events.refused(await answerOf(response));
          return;
        }
        const parser = createParser({
          onEvent: ({ event = '', data }) => events.event(event, data),
        });
        const text = new TextDecoder();
        for await (const chunk of must(response.body, 'body'))
          parser.feed(text.decode(chunk as Uint8Array, { stream: true }));
        events.ended('the stream ended');
      } catch {
        if (!abort.signal.aborted) events.ended('the stream broke');
      }
    })();
    return { drop: () => abort.abort() };
  },
  async request(url, { method = 'GET', body, headers = {} } = {}) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const init = body === undefined ? {} : { body };
    return answerOf(await fetch(url, { method, headers, signal, ...init }));
  },
};

async function answerOf(response: Response): Promise<HttpAnswer> {
  const body = await response.text();
  return { status: response.status, body, header: (name) => response.headers.get(name) };
}
