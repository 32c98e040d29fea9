import { pino, type Logger } from 'pino';

export type Log = Logger;

/** Structured lines on standard error; standard output has only the one line with the feed's address. */
export function createLog(level: 'info' | 'silent' = 'info'): Log {
  return pino({ name: 'feed', level, base: null }, pino.destination({ fd: 2, sync: true }));
}
