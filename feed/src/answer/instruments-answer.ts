import { unlessUnreadable } from '@tapedeck/db/database/history-error';
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { InstrumentBody } from '@tapedeck/market/wire/http';

import { standingOf } from '../engine/market-standing.ts';
import { type MarketRouteDeps, requireSession, worldOf } from './market-world.ts';

/** All instruments: of a session, of a replay, or the live ones followed by those that are only recorded. */
export function instrumentsOf(
  deps: MarketRouteDeps,
  {
    session,
    replay,
  }: { readonly session?: string | undefined; readonly replay?: string | undefined },
): InstrumentBody[] {
  const { history } = deps;
  const { engine } = worldOf(deps, replay);
  if (session !== undefined) {
    const of = history.instruments.list(requireSession(history, session).id);
    return of.map((each) => instrumentBody(each, 'recorded'));
  }
  const live = engine.markets().map((market) => ({
    ...instrumentBody(market.instrument, market.state),
    ...standingOf(market),
    ...capabilityOf(deps, market.symbol),
  }));
  if (replay !== undefined) return live;
  const known = new Set(live.map((each) => each.symbol));
  // Live instruments do not depend on the file.
  const recorded = unlessUnreadable(
    () =>
      history.instruments
        .recorded()
        .filter((symbol) => !known.has(symbol))
        .flatMap((symbol) => history.instruments.get(symbol) ?? []),
    [],
  );
  return [...live, ...recorded.map((instrument) => instrumentBody(instrument, 'recorded'))];
}

function capabilityOf(
  { capability }: MarketRouteDeps,
  symbol: string,
): Pick<InstrumentBody, 'capability'> {
  const found = capability?.(symbol);
  return found === undefined ? {} : { capability: found };
}

function instrumentBody(instrument: Instrument, state: InstrumentBody['state']): InstrumentBody {
  const { symbol, tickSize, lotSize, venue, base, quote } = instrument;
  return { symbol, tickSize, lotSize, venue, base, quote, state };
}
