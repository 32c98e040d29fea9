/*
 * Where the trades of a resume come from (P17): the ring has the newest, the history those older than the ring. What
 * neither has is counted, never silently skipped.
 */
import type { Trade } from '@tapedeck/market/tape/trade';

import type { SymbolMarket } from '../../engine/symbol-market.ts';
import type { Resume, Since } from './stream-channel.ts';

/**
 * Recorded trades of a symbol's current epoch with `after < sequence`, in order. Undefined if that epoch is not
 * recorded.
 */
export type TradeArchive = (
  market: SymbolMarket,
  after: number,
  limit: number,
) => readonly Trade[] | undefined;

export type TradeResume = { readonly resume: Resume; readonly trades: readonly Trade[] };

/** Most trades that one resume returns: the newest; the others are counted. */
export const MAX_RESUMED_TRADES = 10_000;

/** The available trades after `since`, up to `sent`, the sequence of all other subscribers. */
export function resumeTrades(
  market: SymbolMarket,
  sent: number,
  since: Since | undefined,
  archive: TradeArchive | undefined,
): TradeResume | undefined {
  if (since === undefined || since.epoch !== market.tapeEpoch || since.sequence > sent)
    return undefined;
  // A number from before a restart: what came between the two is unknown (P17c).
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
