import type { Transport } from '@tapedeck/market/link/transport/transport-state';

import { LIVE_FLOOR_MS, STALE_AFTER_MS } from '../model/data-state.ts';
import type { LinkReport } from '../model/deck-port.ts';
import type { Lamp, LampColour, Lamps } from '../model/view-model.ts';

/** Beyond this the page's clock deserves a warning; ages are corrected by the offset in any case. */
const OFFSET_AMBER_MS = 250;
const OFFSET_RED_MS = 2_000;

/** Input of the data lamp: the age of the newest data, and how many shown topics are not current. */
export type DataSummary = {
  readonly ageMs: number | undefined;
  readonly stale: number;
  readonly topics: number;
  /** The largest age of those that are not current. */
  readonly oldestMs: number;
  /** Symbols shown, and how many of them are halted, or have a crossed or locked book. */
  readonly symbols: number;
  readonly halted: number;
  readonly crossed: number;
  /** Of the crossed ones, those that are only locked. */
  readonly locked: number;
};

export const NO_DATA: DataSummary = {
  ageMs: undefined,
  stale: 0,
  topics: 0,
  oldestMs: 0,
  symbols: 0,
  halted: 0,
  crossed: 0,
  locked: 0,
};

/** The three lamps are independent: an open socket says nothing about data, data nothing about clocks. */
export function lampsOf(link: LinkReport, data: DataSummary, mode: 'live' | 'replay'): Lamps {
  const lamps = {
    transport: transportLamp(link),
    data: dataLamp(link, data),
    clock: clockLamp(link),
  };
  if (mode === 'live') return lamps;
  const violet = (lamp: Lamp): Lamp =>
    lamp.colour === 'green' ? { ...lamp, colour: 'violet' } : lamp;
  return {
    transport: violet(lamps.transport),
    data: link.state === 'open' ? recordedLamp(data) : lamps.data,
    clock: violet(lamps.clock),
  };
}

const TRANSPORT_WORDS: Readonly<Record<Transport, string>> = {
  websocket: 'WebSocket',
  sse: 'SSE, because WebSockets are blocked,',
  polling: 'Polling every 2 s, because WebSockets and SSE are blocked,',
};

function transportLamp(link: LinkReport): Lamp {
  const path =
    link.via === 'same-origin' ? "through this page's own address" : 'to the feed directly';
  switch (link.state) {
    case 'open':
      return lamp('green', 'connected', `${TRANSPORT_WORDS[link.transport]} ${path}`);
    case 'connecting':
      return lamp(
        link.everOpen ? 'amber' : 'grey',
        'connecting',
        link.reason ?? `dialling ${path}`,
      );
    case 'waiting':
      return lamp('red', 'disconnected', link.reason ?? 'the feed cannot be reached');
    case 'idle':
      return lamp('grey', 'idle', 'nothing on this page is streamed');
    case 'closed':
      return lamp('red', 'closed', link.reason ?? 'the feed closed the link');
  }
}

function dataLamp(link: LinkReport, summary: DataSummary): Lamp {
  const { ageMs, stale, topics, symbols, halted, crossed } = summary;
  if (link.state !== 'open' && link.everOpen) return lamp('red', 'no data', 'the link is cut');
  if (topics === 0 || ageMs === undefined)
    return lamp('grey', 'no data yet', 'nothing was received');
  // A halt has no age: without trading nothing is missing.
  if (halted > 0 && halted === symbols && stale === 0)
    return marked('halted', halted, symbols, 'trading is halted');
  const age = `${(ageMs / 1_000).toFixed(1)} s`;
  if (ageMs > STALE_AFTER_MS) return lamp('red', age, 'newest data is stale');
  if (stale > 0) return lamp('amber', age, `${stale} of ${topics} shown are not current`);
  // The data is current, but the market is unusual.
  if (halted > 0) return marked('halted', halted, symbols, 'trading is halted');
  if (crossed > 0) return crossedLamp(summary);
  if (link.transport === 'polling') return lamp('amber', age, 'data is polled every 2 s');
  if (ageMs > LIVE_FLOOR_MS) return lamp('amber', age, 'newest data is delayed');
  return lamp('green', '< 1 s', 'newest data is live');
}

/**
 * For a recording: what its panels say. The time since reception means nothing, and current data has no age, as the
 * clock may be paused. Ages are whole seconds, as in the panels.
 */
function recordedLamp(summary: DataSummary): Lamp {
  const { stale, topics, oldestMs, symbols, halted, crossed } = summary;
  if (stale > 0) {
    const colour = stale === topics ? 'red' : 'amber';
    return lamp(
      colour,
      `${Math.floor(oldestMs / 1_000)} s`,
      `${stale} of ${topics} shown are not current`,
    );
  }
  if (halted > 0) return marked('halted', halted, symbols, 'trading is halted');
  if (crossed > 0) return crossedLamp(summary);
  return lamp('violet', 'replay', 'recorded data on the replay clock');
}

/** By the same name as in the panels. */
function crossedLamp({ crossed, locked, symbols }: DataSummary): Lamp {
  const word = locked === crossed ? 'locked' : 'crossed';
  return marked(word, crossed, symbols, 'bid and ask meet or overlap');
}

/** For one symbol the word; for several also the count. */
function marked(word: string, count: number, symbols: number, detail: string): Lamp {
  const mark = symbols === 1 ? word : `${count} ${word}`;
  return { ...lamp('amber', mark, detail), mark };
}

function clockLamp({ offsetMs }: LinkReport): Lamp {
  if (offsetMs === undefined)
    return lamp('grey', 'unknown', 'the offset to the feed is not known yet');
  const size = Math.abs(offsetMs);
  const text = `${offsetMs < 0 ? '−' : '+'}${Math.round(size)} ms`;
  const detail = 'offset of the feed’s clock; ages are corrected by it';
  if (size > OFFSET_RED_MS) return lamp('red', text, detail);
  return lamp(size > OFFSET_AMBER_MS ? 'amber' : 'green', text, detail);
}

function lamp(colour: LampColour, text: string, detail: string): Lamp {
  return { colour, text, detail };
}
