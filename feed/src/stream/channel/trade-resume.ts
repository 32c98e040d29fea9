/*
 * Where the trades of a resume come from (P17): the ring has the newest, the history what fell out of it. What neither
 * has is counted, never passed over in silence.
 */
import type { Trade } from '@tapedeck/market/tape/trade';

import type { SymbolMarket } from '../../engine/symbol-market.ts';
import type { Resume, Since } from './stream-channel.ts';

/**
 * Recorded trades of the present life of a symbol with `after < sequence`, in order. Undefined where that life is not
 * recorded.
 */
export type TradeArchive = (
  market: SymbolMarket,
  after: number,
  limit: number,
) => readonly Trade[] | undefined;

export type TradeResume = { readonly resume: Resume; readonly trades: readonly Trade[] };

/** Most trades that one resume brings; of a longer absence the newest, the others are counted. */
export const MAX_RESUMED_TRADES = 10_000;

/** What can be brought of the trades after `since`, up to the sequence `sent` that all other subscribers stand at. */
export function resumeTrades(
  market: SymbolMarket,
  sent: number,
  since: Since | undefined,
  archive: TradeArchive | undefined,
): TradeResume | undefined {
  if (since === undefined || since.epoch !== market.tapeEpoch || since.sequence > sent)
    return undefined;
  // A number of the life before: what came between the two is not known (P17c).
  if (since.sequence < market.tradesFrom) return undefined;
  const missed = sent - since.sequence;
  const from = Math.max(since.sequence, sent - MAX_RESUMED_TRADES);
  const kept = market.trades.tail().filter(({ sequence }) => sequence > from && sequence <= sent);
  const oldest = kept[0]?.sequence ?? sent + 1;
  const wanted = oldest - from - 1;
  const older = wanted === 0 ? [] : (archive?.(market, from, wanted) ?? []);
  const recorded = older.filter(({ sequence }) => sequence < oldest);
  const trades = recorded.length === 0 ? kept : [...recorded, ...kept];
  const lost = missed - trades.length;
  return { resume: lost === 0 ? { resume: 'full' } : { resume: 'partial', lost }, trades };
}
