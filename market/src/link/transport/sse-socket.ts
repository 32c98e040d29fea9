/*
 * The SSE stream of P31 as a socket: frames arrive as server-sent events, and client messages go out in requests, one
 * at a time to keep their order. Messages that accumulate meanwhile share the next request.
 */
import { tellRefusal } from './feed-refusal.ts';
import { below, type HttpPort } from './http-port.ts';
import type { LinkSocket, SocketEvents } from './link-socket.ts';

/** P31a. */
const KEY_HEADER = 'Stream-Key';
/** A client frame has at most 16 KiB (P23); its messages are ASCII. */
const MAX_FRAME = 16_384;
const HEARD = 204;
const GONE = 404;

type Speaker = { readonly url: string; readonly key: string };

/**
 * Opens the stream at `url`, the full address of `/v1/stream/sse` with its query. Errors are reported by `failed`.
 */
export function openSse(http: HttpPort, url: string, events: SocketEvents): LinkSocket {
  const waiting: string[] = [];
  let speaker: Speaker | undefined;
  let isSpeaking = false;
  let isOver = false;

  const over = (tell: () => void): void => {
    if (isOver) return;
    isOver = true;
    stream.drop();
    tell();
  };
  const speak = async (): Promise<void> => {
    if (isSpeaking || isOver || speaker === undefined || waiting.length === 0) return;
    isSpeaking = true;
    try {
      const { status } = await http.request(speaker.url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', [KEY_HEADER]: speaker.key },
        body: takeFrame(waiting),
      });
      if (status === GONE) over(() => events.failed('the stream is gone'));
      else if (status !== HEARD) over(() => events.failed(`not heard: status ${status}`));
    } catch {
      over(() => events.failed('the feed cannot be reached'));
    }
    isSpeaking = false;
    void speak();
  };
  const stream = http.stream(url, {
    event(name, data) {
      if (isOver) return;
      if (name === 'close') {
        const { code, reason } = closeOf(data);
        over(() => events.closed(code, reason));
        return;
      }
      if (speaker === undefined) {
        speaker = speakerOf(url, data);
        if (speaker === undefined) {
          over(() => events.failed('the stream does not begin with hello'));
          return;
        }
        events.opened();
        void speak();
      }
      events.frame(data);
    },
    refused: (answer) => over(() => tellRefusal(answer, events)),
    ended: (reason) => over(() => events.failed(reason)),
  });
  return {
    send(text) {
      waiting.push(text);
      void speak();
    },
    drop() {
      isOver = true;
      stream.drop();
    },
  };
}

/** Takes as many messages as fit into one frame, at least one. */
function takeFrame(waiting: string[]): string {
  let frame = waiting.shift() ?? '';
  for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
    if (frame.length + 1 + next.length > MAX_FRAME) break;
    frame += `\n${next}`;
    waiting.shift();
  }
  return frame;
}

/** Connection id and key from the first frame; undefined if it is not a `hello` with a key. */
function speakerOf(url: string, frame: string): Speaker | undefined {
  try {
    const [first = ''] = frame.split('\n');
    const { type, connection, key } = JSON.parse(first) as Readonly<Record<string, unknown>>;
    if (type !== 'hello' || typeof connection !== 'string' || typeof key !== 'string')
      return undefined;
    return {
      url: below(withoutQuery(url), `/${encodeURIComponent(connection)}`, tokenOf(url)),
      key,
    };
  } catch {
    return undefined;
  }
}

function closeOf(data: string): { readonly code: number; readonly reason: string } {
  try {
    const { code, reason } = JSON.parse(data) as Readonly<Record<string, unknown>>;
    if (typeof code === 'number') return { code, reason: String(reason) };
  } catch {
    // A truncated close event: treat it as an ordinary end.
  }
  return { code: 1_000, reason: 'the stream ended' };
}

function withoutQuery(url: string): string {
  return url.split('?')[0] ?? url;
}

/** The URL for client messages, which keeps only the token of the query. */
function tokenOf(url: string): Readonly<Record<string, string>> {
  const token = /[?&]token=([^&]*)/.exec(url)?.[1];
  return token === undefined ? {} : { token: decodeURIComponent(token) };
}
