/*
 * Page and shared worker were created at different moments, and a wall clock that was set between the two moments is
 * in the difference of their monotonic clocks: their times are not comparable. What the worker posts is therefore
 * converted to the page's clock. The table is complete by its type: a message with a new time does not compile
 * without its entry.
 */
import { later, type MonotonicMs } from '@tapedeck/market/time/clock';

import type { FromDeckWorker } from './deck-port.ts';

type Plain = string | number | boolean | undefined | null;
/** `true` if a value of this type may contain a time. */
type HasTime<T> = T extends MonotonicMs
  ? true
  : T extends Plain
    ? never
    : T extends readonly (infer Each)[]
      ? HasTime<Each>
      : { [K in keyof T]-?: HasTime<T[K]> }[keyof T];
/** Where the times of a type are: `true` is a time. */
type Times<T> = T extends MonotonicMs
  ? true
  : T extends Plain
    ? never
    : T extends readonly (infer Each)[]
      ? { readonly each: Times<Each> }
      : { readonly [K in keyof T as [HasTime<T[K]>] extends [never] ? never : K]-?: Times<T[K]> };

type Single = Exclude<FromDeckWorker, { type: 'together' }>;

const TIMES: { readonly [T in Single['type']]: Times<Extract<Single, { type: T }>> } = {
  batch: {
    receivedAt: true,
    topics: {
      each: { health: { since: true, arrivedAt: true, provenAt: true, heardAt: true } },
    },
  },
  link: { link: { retryAt: true } },
  figures: { lastDataAt: true },
  'replay-state': {},
  'replay-result': {},
  event: {},
  sync: {},
  'events-state': {},
  gone: {},
};

/** The message with its times `byMs` later. */
export function shiftTimes(message: FromDeckWorker, byMs: number): FromDeckWorker {
  if (message.type !== 'together') return shifted(message, TIMES[message.type], byMs);
  return { ...message, messages: message.messages.map((each) => shiftTimes(each, byMs)) };
}

type Table = true | { readonly [name: string]: Table };

function shifted<T>(value: T, table: Table, byMs: number): T {
  if (value === undefined) return value;
  if (table === true) return later(value as unknown as MonotonicMs, byMs) as unknown as T;
  if (Array.isArray(value))
    return value.map((each: unknown) => shifted(each, table['each'] ?? {}, byMs)) as T;
  const copy = { ...value } as Record<string, unknown>;
  for (const [name, inner] of Object.entries(table)) copy[name] = shifted(copy[name], inner, byMs);
  return copy as T;
}
