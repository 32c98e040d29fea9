import { pino, type Logger } from 'pino';

export type Log = Logger;

/** Structured lines on standard error; standard output belongs to the one line that says where the feed listens. */
export function createLog(): Log {
  return pino({ name: 'feed', base: null }, pino.destination({ fd: 2, sync: true }));
}
