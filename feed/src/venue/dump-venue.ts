import type { TextLevel } from '@tapedeck/market/book/text-level';
import type { EpochMs } from '@tapedeck/market/number/level';

import type { VenueBook } from './venue-book.ts';
import type { VenueEvent } from './venue-event.ts';
import type { VenueMarket } from './venue-market.ts';

/** What a venue's frame contains. Acknowledgements and heartbeats contain nothing: an empty list. */
export type FrameFinding =
  | { readonly kind: 'event'; readonly market: string | undefined; readonly event: VenueEvent }
  | { readonly kind: 'bad-line' | 'unknown-stream'; readonly detail: string };

/** What a frame says among the others of its connection. */
export type DumpFinding =
  | FrameFinding
  /** A frame of the connection is missing: any book on it may lack a change. */
  | { readonly kind: 'hole'; readonly detail: string };

/** The frames of one connection, in order. */
export type DumpConnection = {
  /** Never throws. */
  frame(text: string, receiveTime: EpochMs): readonly DumpFinding[];
};

/** A venue in recorder dumps. A new one is a file in a folder of its own and an entry in `DUMP_VENUES`. */
export interface DumpVenue {
  readonly venue: string;
  /** Matches the addresses of its sockets and its REST interface. */
  readonly address: RegExp;
  /** Which of its sockets are supported, if it has several. */
  readonly reads?: string;
  /** How the names of its files begin. */
  readonly file: RegExp;
  /** Reads one frame of its socket. Never throws. */
  frame(text: string): readonly FrameFinding[];
  /** For a venue whose frames depend on those before them: called for each connection, in place of `frame`. */
  connection?(): DumpConnection;
  /** Reads the body of a response of its REST interface. Never throws. */
  response?(address: string, text: string): readonly FrameFinding[];
  describe(market: string): VenueMarket;
  book(): VenueBook;
}

/** A JSON object of unknown content. */
export type Fields = Readonly<Record<string, unknown>>;

const SHOWN_CHARACTERS = 80;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parsed JSON; a finding if it is invalid. */
export function parseFrameJson(text: string): { readonly json: unknown } | FrameFinding {
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    return badFrame(`not JSON: ${text.slice(0, SHOWN_CHARACTERS)}`);
  }
}

export function badFrame(detail: string): FrameFinding {
  return { kind: 'bad-line', detail };
}

export function unknownFrame(name: unknown): FrameFinding {
  return { kind: 'unknown-stream', detail: String(name).slice(0, SHOWN_CHARACTERS) };
}

/** `[price, size, ...]` pairs of text, whatever follows them; undefined for anything else. */
export function textLevels(value: unknown): readonly TextLevel[] | undefined {
  if (!Array.isArray(value)) return undefined;
  for (const level of value as unknown[]) {
    if (!Array.isArray(level) || typeof level[0] !== 'string' || typeof level[1] !== 'string')
      return undefined;
  }
  return value as unknown as readonly TextLevel[];
}

/**
 * Epoch milliseconds of `seconds.fraction`, `milliseconds` or `microseconds` as text; undefined for anything else.
 */
export function timeOfText(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const parts = /^(\d{10})(?:\.(\d+))?$|^(\d{13})(?:\d{3})?$/.exec(value);
  if (parts === null) return undefined;
  if (parts[3] !== undefined) return Number(parts[3]);
  return Number(parts[1]) * 1_000 + Number((parts[2] ?? '').padEnd(3, '0').slice(0, 3));
}
