import type { MarketState, StateReason } from '@tapedeck/market/instrument/instrument';
import type { EpochMs } from '@tapedeck/market/number/level';

import type { SymbolMarket } from './symbol-market.ts';

/** A market's state, as in polled answers. */
export type MarketStanding = {
  readonly state: MarketState;
  readonly reason?: StateReason;
  readonly since?: EpochMs;
};

/** Reason and since when, if it is not `ok` (P32) or its book is crossed or locked (P15). */
export function standingOf({ state, reason, since, crossedSince }: SymbolMarket): MarketStanding {
  if (state !== 'ok') return { state, reason, since };
  return crossedSince === undefined ? { state } : { state, reason: 'crossed', since: crossedSince };
}

/** The state of its book, as on the book's channel: a halt does not hide that it is crossed (P15). */
export function bookStandingOf(market: SymbolMarket): MarketStanding {
  const { state, crossedSince } = market;
  return state === 'halted' && crossedSince !== undefined
    ? { state, reason: 'crossed', since: crossedSince }
    : standingOf(market);
}
