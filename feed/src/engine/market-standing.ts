import { crossedStanding, type Standing } from '@tapedeck/market/instrument/crossed-standing';

import type { SymbolMarket } from './symbol-market.ts';

/** A market's state in polled answers: reason and since, if it is not `ok` (P32) or its book is crossed (P15). */
export function standingOf({ state, reason, since, crossedSince }: SymbolMarket): Standing {
  if (state !== 'ok') return { state, reason, since };
  return crossedStanding(state, crossedSince) ?? { state };
}

/** The state of its book, as on the book's channel: a halt does not hide that it is crossed (P15). */
export function bookStandingOf(market: SymbolMarket): Standing {
  return crossedStanding(market.state, market.crossedSince) ?? standingOf(market);
}
