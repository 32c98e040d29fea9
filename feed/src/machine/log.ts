import { pino, type Logger } from 'pino';

export type Log = Logger;

/** Structured lines on standard error; standard output belongs to the one line that says where the feed listens. */
export function createLog(level: 'info' | 'silent' = 'info'): Log {
  return pino({ name: 'feed', level, base: null }, pino.destination({ fd: 2, sync: true }));
}
