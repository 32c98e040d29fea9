/*
 * Parses a feed's sources: `sim`, `none`, or `VENUE:ID,ID`, several separated by `;` (V1). Also the hosts of its
 * venues, for testnets, regional hosts and tests: `VENUE=WS_ORIGIN|HTTP_ORIGIN` (V3).
 */
import { isSymbol } from '@tapedeck/market/instrument/instrument';

import { LIVE_VENUES } from './live-venues.ts';

type VenueMarkets = { readonly venue: string; readonly markets: readonly string[] };

export type SourceList = {
  /** As given. */
  readonly text: string;
  readonly hasSimulator: boolean;
  readonly venues: readonly VenueMarkets[];
};

export type VenueEndpoint = {
  readonly venue: string;
  readonly socket: string;
  readonly http: string;
};

/** An unusable text; the message names the wrong part and what is allowed. */
export class SourceTextError extends Error {
  override readonly name = 'SourceTextError';
}

/** @throws SourceTextError */
export function parseSources(text: string): SourceList {
  const parts = partsOf(text);
  if (parts.length === 0)
    throw new SourceTextError('names no source: give "sim", "none" or "VENUE:ID"');
  if (parts.includes('none') && parts.length > 1)
    throw new SourceTextError(`"none" stands alone, not in "${text}"`);
  const markets = new Map<string, string[]>();
  for (const part of parts) {
    if (part === 'sim' || part === 'none') continue;
    const colon = part.indexOf(':');
    if (colon < 0)
      throw new SourceTextError(
        `"${part}" is not "sim", "none" or a venue with its instruments (${FORM})`,
      );
    const venue = part.slice(0, colon).trim();
    checkVenue(venue);
    const ids = part
      .slice(colon + 1)
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '');
    if (ids.length === 0)
      throw new SourceTextError(`"${part}" names no instrument of ${venue} (${FORM})`);
    const known = markets.get(venue) ?? [];
    for (const id of ids) {
      if (!isSymbol(`${id}@${venue}`))
        throw new SourceTextError(`"${id}" is not an instrument that ${venue} could have`);
      if (!known.includes(id)) known.push(id);
    }
    markets.set(venue, known);
  }
  return {
    text,
    hasSimulator: parts.includes('sim'),
    venues: [...markets].map(([venue, ids]) => ({ venue, markets: ids })),
  };
}

/** @throws SourceTextError */
export function parseEndpoints(text: string): readonly VenueEndpoint[] {
  return partsOf(text).map((part) => {
    const [venue, origins] = splitOnce(part, '=');
    checkVenue(venue);
    const [socket, http] = splitOnce(origins, '|');
    return {
      venue,
      socket: originOf(part, socket, /^wss?:$/, 'ws://host:port or wss://host'),
      http: originOf(part, http, /^https?:$/, 'http://host:port or https://host'),
    };
  });
}

const FORM = 'such as binance:BTCUSDT,ETHUSDT';

function partsOf(text: string): readonly string[] {
  return text
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

function splitOnce(text: string, by: string): readonly [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text.trim(), ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

function checkVenue(venue: string): void {
  if (LIVE_VENUES.has(venue)) return;
  const known = [...LIVE_VENUES.keys()].join(', ');
  throw new SourceTextError(`"${venue}" is not a venue that can be live; known are ${known}`);
}

/** Scheme, host and port only: every path stays the venue's. */
function originOf(part: string, text: string, scheme: RegExp, form: string): string {
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    // Reported below.
  }
  if (url === undefined || !scheme.test(url.protocol) || url.host === '')
    throw new SourceTextError(`"${text}" in "${part}" is not an origin like ${form}`);
  if ((url.pathname !== '/' && url.pathname !== '') || url.search !== '' || url.username !== '')
    throw new SourceTextError(`"${text}" in "${part}" has more than scheme, host and port`);
  return `${url.protocol}//${url.host}`;
}
