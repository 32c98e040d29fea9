/*
 * The stream of P31 as a socket: frames come as server-sent events, and what the client says goes by requests, one
 * after the other so that its order holds. Messages that gather meanwhile go together.
 */
import { tellRefusal } from './feed-refusal.ts';
import { below, type HttpPort } from './http-port.ts';
import type { LinkSocket, SocketEvents } from './link-socket.ts';

/** P31a. */
const KEY_HEADER = 'Stream-Key';
/** P23: a frame of the client is no larger than 16 KiB; its messages are ASCII. */
const MAX_FRAME = 16_384;
const HEARD = 204;
const GONE = 404;

type Speaker = { readonly url: string; readonly key: string };

/** Opens the stream at `url`, the full address of `/v1/stream/sse` with its query. */
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

/** The messages that fit into one frame, at least one. */
function takeFrame(waiting: string[]): string {
  let frame = waiting.shift() ?? '';
  for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
    if (frame.length + 1 + next.length > MAX_FRAME) break;
    frame += `\n${next}`;
    waiting.shift();
  }
  return frame;
}

/** Whom to speak to, as the first frame says; undefined where that is no `hello` with a key. */
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
    // Cut off on the way: an end like any other.
  }
  return { code: 1_000, reason: 'the stream ended' };
}

function withoutQuery(url: string): string {
  return url.split('?')[0] ?? url;
}

/** Only the token goes with what the client says. */
function tokenOf(url: string): Readonly<Record<string, string>> {
  const token = /[?&]token=([^&]*)/.exec(url)?.[1];
  return token === undefined ? {} : { token: decodeURIComponent(token) };
}
