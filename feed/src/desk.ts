/*
 * Those who listen to the live engine besides the stream: the recorder, the alert rules, and the status log. And the
 * ingest, through which alone the live engine is fed.
 */
import type { History } from '@tapedeck/db/history';
import type { Clock } from '@tapedeck/market/clock';
import { DecimalScale } from '@tapedeck/market/decimal';
import type { MarketState } from '@tapedeck/market/instrument';
import type { EpochMs } from '@tapedeck/market/level';

import { AlertEngine } from './alerts/alert-engine.ts';
import { Ingest } from './engine/ingest.ts';
import type { MarketEngine } from './engine/market-engine.ts';
import type { SymbolMarket } from './engine/symbol-market.ts';
import type { Log } from './log.ts';
import type { Newsroom } from './newsroom.ts';
import type { Recorder } from './recorder/recorder.ts';

const ALERT_TICK_MS = 500;
/** What a chart and a ticker need at once: a day of minutes, an hour of seconds. */
const SEED_MINUTES = 1_441;
const SEED_SECONDS = 3_600;
/** Trades of the session before, so that no tape starts empty. */
const SEED_TRADES = 100;

export type Desk = {
  readonly ingest: Ingest;
  readonly alerts: AlertEngine;
  readonly close: () => void;
};

export function openDesk(options: {
  readonly engine: MarketEngine;
  readonly history: History;
  readonly recorder: Recorder;
  readonly newsroom: Newsroom;
  readonly clock: Clock;
  readonly log: Log;
}): Desk {
  const { engine, history, recorder, newsroom, clock, log } = options;
  const ingest = new Ingest(engine, (event) => {
    if (event.type === 'headline') newsroom.headline(event);
    else newsroom.status(event.severity, event.kind, event.symbols, event.message);
  });
  const alerts = new AlertEngine({
    clock,
    store: history.alerts,
    onEvent: (event) => newsroom.alert(event),
    priceText: (symbol, ticks) => {
      const tickSize = engine.market(symbol)?.instrument.tickSize;
      return tickSize === undefined ? String(ticks) : new DecimalScale(tickSize).toText(ticks);
    },
    lastHeard: (symbol) => engine.market(symbol)?.lastReceiveTime,
    onStoreError: (error) => log.error({ err: error }, 'alert states are not kept'),
  });
  const tick = clock.every(ALERT_TICK_MS, () => alerts.tick(clock.now()));
  /** Since when a market is not recorded as `ok`, and why: a gap when it is ok again. */
  const holes = new Map<string, { readonly from: EpochMs; readonly reason: string }>();
  const troubled = new Set<string>();
  const openHole = (market: SymbolMarket, reason: string): void => {
    if (holes.has(market.symbol) || market.lastEventTime === 0) return;
    holes.set(market.symbol, { from: market.lastEventTime, reason });
  };
  const closeHole = (market: SymbolMarket, to: EpochMs, breaksBook: boolean): void => {
    const hole = holes.get(market.symbol);
    holes.delete(market.symbol);
    if (hole !== undefined && to > hole.from)
      recorder.gap({ symbol: market.symbol, from: hole.from, to, reason: hole.reason }, breaksBook);
  };
  const off = engine.listen({
    instrument: (market) => {
      recorder.instrument(market.instrument);
      seed(market, history);
    },
    snapshot: (market, snapshot) => {
      closeHole(market, snapshot.eventTime, true);
      recorder.snapshot(market.symbol, snapshot);
    },
    delta: (market, delta) => recorder.delta(market.symbol, delta),
    trade: (market, trade) => {
      recorder.trade(market.symbol, trade);
      alerts.trade(market.symbol, trade.priceTicks, trade.eventTime);
    },
    state: (market) => {
      alerts.stateChanged(market.symbol, market.state);
      if (market.state === 'stale') openHole(market, market.reason);
      if (market.state === 'ok') closeHole(market, market.lastEventTime, false);
      // A market that becomes ok is news only after it was not.
      if (market.state === 'ok' && !troubled.delete(market.symbol)) return;
      if (market.state !== 'ok') troubled.add(market.symbol);
      const { severity, text } = STATE_TEXT[market.state];
      newsroom.status(
        severity,
        `market-${market.state}`,
        [market.symbol],
        `${market.symbol} ${text} (${market.reason})`,
      );
    },
    reset: (market, reason) => {
      openHole(market, reason);
      troubled.add(market.symbol);
      alerts.reset(market.symbol, reason);
      newsroom.status(
        'warning',
        'market-reset',
        [market.symbol],
        `${market.symbol} starts anew (${reason})`,
      );
    },
  });
  return {
    ingest,
    alerts,
    close: () => {
      off();
      tick();
    },
  };
}

type Said = { readonly severity: 'info' | 'warning' | 'critical'; readonly text: string };
const STATE_TEXT: Readonly<Record<MarketState, Said>> = {
  ok: { severity: 'info', text: 'is ok' },
  syncing: { severity: 'warning', text: 'waits for a book' },
  stale: { severity: 'critical', text: 'is stale' },
  halted: { severity: 'warning', text: 'is halted' },
};

/** What was recorded before this life: candles go on where they stopped, and the tape is not empty. */
function seed(market: SymbolMarket, history: History): void {
  const { symbol } = market;
  const known = history.instruments.get(symbol);
  const { tickSize, lotSize } = market.instrument;
  // Ticks of another size are other prices.
  if (known !== undefined && (known.tickSize !== tickSize || known.lotSize !== lotSize)) return;
  market.candles.seed('1m', history.candles.range({ symbol, interval: '1m', limit: SEED_MINUTES }));
  market.candles.seed('1s', history.candles.range({ symbol, interval: '1s', limit: SEED_SECONDS }));
  // Their numbers go on, so that a trade has one number on the wire and in the history.
  market.restoreTrades(history.trades.newest(symbol, Number.MAX_SAFE_INTEGER, SEED_TRADES));
}
