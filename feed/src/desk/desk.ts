/*
 * The listeners of the live engine other than the stream: the recorder, the alert rules, and the status log. And the
 * ingest, the only way into the live engine.
 */
import type { History } from '@tapedeck/db/history';
import type { MarketState } from '@tapedeck/market/instrument/instrument';
import type { GapReason } from '@tapedeck/market/instrument/session';
import { DecimalScale } from '@tapedeck/market/number/decimal';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Clock } from '@tapedeck/market/time/clock';

import { AlertEngine } from '../alerts/alert-engine.ts';
import { keptAlerts } from '../alerts/kept-alerts.ts';
import type { PriceFormatter } from '../alerts/price-formatter.ts';
import { Ingest } from '../engine/ingest.ts';
import type { MarketEngine } from '../engine/market-engine.ts';
import { stateRecord } from '../engine/state-record.ts';
import type { SymbolMarket } from '../engine/symbol-market.ts';
import type { Log } from '../machine/log.ts';
import { OpenHoles } from '../recorder/open-holes.ts';
import type { Recorder } from '../recorder/recorder.ts';
import { seedMarket } from './market-seed.ts';
import type { Newsroom } from './newsroom.ts';

const ALERT_TICK_MS = 500;
const HOLE_TICK_MS = 1_000;
export type Desk = {
  readonly ingest: Ingest;
  readonly alerts: AlertEngine;
  readonly priceText: PriceFormatter;
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
  const priceText: PriceFormatter = (symbol, ticks, named) => {
    const tickSize = named ?? engine.market(symbol)?.instrument.tickSize;
    return tickSize === undefined
      ? String(ticks)
      : grouped(new DecimalScale(tickSize).toText(ticks));
  };
  const alerts = new AlertEngine({
    clock,
    store: keptAlerts(history),
    onEvent: (event) => newsroom.alert(event),
    priceText,
    lastHeard: (symbol) => engine.market(symbol)?.heardAt,
    onStoreError: (error) => log.error({ err: error }, 'cannot save alert states'),
  });
  const tick = clock.every(ALERT_TICK_MS, () => alerts.tick());
  const holes = new OpenHoles(recorder);
  const holeTick = clock.every(HOLE_TICK_MS, () => holes.extend(present()));
  /** The end of the recording so far; a simulated market may be ahead of the clock. */
  const marketTime = (): EpochMs =>
    Math.max(0, ...engine.markets().map(({ lastEventTime }) => lastEventTime));
  const present = (): EpochMs => Math.max(marketTime(), clock.now());
  const openHole = ({ symbol, lastEventTime }: SymbolMarket, reason: GapReason): void => {
    if (lastEventTime > 0) holes.open(symbol, lastEventTime, present(), reason);
  };
  const troubled = new Set<string>();
  /** The grid of each market before its change. */
  const steps = new Map<string, string>();
  const off = engine.listen({
    instrument: (market, isNew) => {
      recorder.instrument(market.instrument);
      // A new grid begins another session, in which the other markets' holes continue (P13).
      if (!isNew) holes.extend(present());
      const { tickSize, lotSize } = market.instrument;
      if (isNew) steps.set(market.symbol, `${tickSize} and lots of ${lotSize}`);
      alerts.grid(market.symbol, tickSize);
      alerts.reconnected(market.symbol);
      if (isNew) seedMarket(market, history);
    },
    snapshot: (market, snapshot) => {
      if (market.state !== 'stale') holes.close(market.symbol, snapshot.eventTime, true);
      recorder.snapshot(market.symbol, snapshot);
      recorder.crossed(market.symbol, snapshot.eventTime, market.isCrossed);
    },
    delta: (market, delta) => {
      recorder.delta(market.symbol, delta);
      recorder.crossed(market.symbol, delta.eventTime, market.isCrossed);
    },
    trade: (market, trade) => {
      recorder.trade(market.symbol, trade);
      alerts.trade(market.symbol, trade.priceTicks, trade.eventTime);
    },
    state: (market) => {
      alerts.stateChanged(market.symbol, market.state);
      if (market.state === 'stale') openHole(market, market.reason);
      const record = stateRecord(market, present());
      if (record?.state === 'ok') holes.close(market.symbol, record.time, false);
      if (record !== undefined) recorder.state(market.symbol, record);
      // A market becoming ok is news only if it was not ok before.
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
      const record = stateRecord(market, present());
      if (record !== undefined) recorder.state(market.symbol, record);
      troubled.add(market.symbol);
      alerts.reset(market.symbol);
      const { tickSize, lotSize } = market.instrument;
      const now = `${tickSize} and lots of ${lotSize}`;
      const before = steps.get(market.symbol) ?? 'others';
      steps.set(market.symbol, now);
      newsroom.status(
        'warning',
        'market-reset',
        [market.symbol],
        reason === 'tick-size'
          ? `${market.symbol} now trades in steps of ${now}, previously in steps of ${before}`
          : `${market.symbol} restarts (${reason})`,
      );
    },
    ended: (market) => {
      // A market no longer pushed is gone: a replay must not take its last book for a live one.
      openHole(market, market.reason);
      alerts.disconnected(market.symbol);
    },
  });
  return {
    ingest,
    alerts,
    priceText,
    close: () => {
      off();
      tick();
      holeTick();
      holes.closeAll(marketTime());
    },
  };
}

/** Thousands separated, like prices on the pages: `67,012.5`. */
function grouped(decimal: string): string {
  const [whole = '', fraction] = decimal.split('.');
  const apart = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? apart : `${apart}.${fraction}`;
}

type Said = { readonly severity: 'info' | 'warning' | 'critical'; readonly text: string };
const STATE_TEXT: Readonly<Record<MarketState, Said>> = {
  ok: { severity: 'info', text: 'is ok' },
  syncing: { severity: 'warning', text: 'is waiting for a book' },
  stale: { severity: 'critical', text: 'is stale' },
  halted: { severity: 'warning', text: 'is halted' },
};
