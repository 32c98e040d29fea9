/* Why a push is refused: each message names the field and the value. */
import { plainDecimal } from '@tapedeck/market/number/decimal';
import type { EpochMs, Level } from '@tapedeck/market/number/level';
import { shown } from '@tapedeck/market/wire/codec/codec';
import type { PushedHeadline } from '@tapedeck/market/wire/push';

/** A push is live: older data belongs in an import, and a clock further ahead is wrong. */
export const MAX_SKEW_MS = 60_000;

/** Why a batch was refused; the message names the event, the field and the value. */
export type PushRefusal = { readonly error: 'badRequest' | 'unknown'; readonly message: string };

/** A headline is live like every push: a wrong time must not become a headline of 1970. */
export function headlineRefusal(
  { time }: Pick<PushedHeadline, 'time'>,
  now: EpochMs,
): PushRefusal | undefined {
  return timeRefusal('time', time, now);
}

export function sideRefusal(
  field: 'bids' | 'asks',
  levels: readonly Level[],
  isWhole: boolean,
): PushRefusal | undefined {
  const seen = new Set<number>();
  for (const [index, [price, size]] of levels.entries()) {
    const at = `${field}.${index}`;
    if (seen.has(price)) return bad(`${at}: the price ${price} is given twice`);
    seen.add(price);
    if (isWhole && size === 0) return bad(`${at}: a snapshot has no level of size 0, got ${price}`);
  }
  return undefined;
}

/**
 * Candles and the 24 hours add up sizes exactly. Prices times sizes are not stored: 12 coins at 84,123.45 in steps of
 * a cent and of 1e-8 are two safe integers whose product is not one.
 */
export function volumeRefusal(
  dayVolume: number,
  sizeLots: number,
  lotSize: string,
): PushRefusal | undefined {
  const volume = dayVolume + sizeLots;
  if (volume <= Number.MAX_SAFE_INTEGER) return undefined;
  // Ten times the current volume: a step that is used up within the day is no help.
  const places = Math.ceil(Math.log10(volume / Number.MAX_SAFE_INTEGER)) + 1;
  const coarser = plainDecimal(`${lotSize}e${places}`);
  return bad(
    `sizeLots: ${sizeLots} makes the volume of 24 hours ${volume} lots, over 2^53; announce a lotSize such as ${coarser}`,
  );
}

export function timeRefusal(
  field: string,
  time: EpochMs | undefined,
  now: EpochMs,
): PushRefusal | undefined {
  if (time === undefined) return undefined;
  const aheadMs = time - now;
  if (aheadMs > MAX_SKEW_MS)
    return bad(`${field}: ${time} is ${aheadMs} ms ahead of the feed, at most ${MAX_SKEW_MS}`);
  if (-aheadMs > MAX_SKEW_MS)
    return bad(
      `${field}: ${time} is ${-aheadMs} ms old, at most ${MAX_SKEW_MS}; import older data`,
    );
  return undefined;
}

/** A symbol that does not belong to the pusher. */
export function foreign(symbol: string): PushRefusal {
  return bad(`symbol: "${symbol}" comes from a source of the feed itself`);
}

export function unannounced(symbol: string): PushRefusal {
  const message = `symbol: ${shown(symbol)} was not announced by an instrument event`;
  return { error: 'unknown', message };
}

export function bad(message: string): PushRefusal {
  return { error: 'badRequest', message };
}
