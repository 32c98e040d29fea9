import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { isWrittenAlike } from '@tapedeck/market/grid/grid';

import { systemClock, type TapeView, useDeck, useReplay } from '../../live/live.ts';
import { tradesBeforeQuery } from '../../queries/trades.ts';

/** A longer tape fills its panel. */
const SHORT_ROWS = 150;

/**
 * What the history has from before the tape's oldest trade, newest first: while the tape is short (after a start of
 * the feed, in a new market, after a seek), and while it is scrolled. Empty until it is known.
 */
export function useEarlierTrades(view: TapeView, isScrolled: boolean): TapeView['rows'] {
  const deck = useDeck();
  const replayClock = useReplay().view?.clock;
  const [openedAt] = useState(() => systemClock.now() + deck.offsetMs);
  const oldest = view.rows.at(-1);
  const time = oldest?.eventTime ?? replayClock ?? openedAt;
  const sequence = oldest?.sequence ?? Number.MAX_SAFE_INTEGER;
  const replay = deck.replayId === undefined ? {} : { replay: deck.replayId };
  // Trades in old steps are shown as they were; the history has them in the present steps.
  const isWanted = view.before === undefined && (isScrolled || view.rows.length < SHORT_ROWS);
  const query = tradesBeforeQuery(view.symbol, { isLong: isScrolled, time, sequence, ...replay });
  const { data } = useQuery({ ...query, enabled: isWanted });
  if (!isWanted || data === undefined || !isWrittenAlike(data.grid, view.instrument)) return NONE;
  return data.rows;
}

const NONE: TapeView['rows'] = [];
