import type { EventTopic, LoggedEvent, SyncBody } from '@tapedeck/market/wire/event';

/** The topics as in the address of the stream. */
export const EVENT_TOPIC_NAMES: readonly EventTopic[] = ['news', 'status', 'alert', 'session'];

/** One event of the log from its parts; undefined if the topic is unknown here, or the data is not JSON. */
export function parseLoggedEvent(
  id: string,
  topic: string,
  data: unknown,
): LoggedEvent | undefined {
  const known = EVENT_TOPIC_NAMES.find((name) => name === topic);
  if (known === undefined || typeof data !== 'object' || data === null) return undefined;
  // The feed validates what it logs with the same schemas; checking again would load the whole library.
  return { id, topic: known, body: data } as LoggedEvent;
}

/** The first event of each connection; undefined if it is not a valid one. */
export function parseSync(data: unknown): SyncBody | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { from, resume, lost, now, chaos } = data as Partial<Record<keyof SyncBody, unknown>>;
  if (typeof from !== 'string' || typeof lost !== 'number' || typeof now !== 'number')
    return undefined;
  return resume === 'full' || resume === 'partial' || resume === 'none'
    ? { from, resume, lost, now, ...(chaos === true ? { chaos } : {}) }
    : undefined;
}

/** JSON or undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
