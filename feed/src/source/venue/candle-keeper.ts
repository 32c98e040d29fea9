/* Candles from before the first start of a live market (V14), in a session of their own per venue. */
import { unlessUnreadable } from '@tapedeck/db/database/history-error';
import type { History } from '@tapedeck/db/history';
import { SessionWriter } from '@tapedeck/db/recording/session-writer';
import { VENUE_CANDLES } from '@tapedeck/db/tape/venue-candles';
import { venueOf } from '@tapedeck/market/instrument/instrument';
import { DecimalError } from '@tapedeck/market/number/decimal';
import { type Candle, type CandleInterval, INTERVAL_MS } from '@tapedeck/market/tape/candle';
import type { Clock } from '@tapedeck/market/time/clock';

import type { VenueCandle } from '../../venue/venue-event.ts';
import type { CandleKeeper, PastCandles } from './candle-desk.ts';
import { LiveGrid } from './market/live-grid.ts';

/** A row later than this is no candle of the past, whatever the venue's clock says. */
const AHEAD_MS = 3_600_000;

export class VenueCandleKeeper implements CandleKeeper {
  readonly #history: History;
  readonly #clock: Clock;
  readonly #tell: (message: string, symbol: string) => void;
  readonly #sessions = new Map<string, SessionWriter>();

  constructor(options: {
    readonly history: History;
    readonly clock: Clock;
    readonly tell: (message: string, symbol: string) => void;
  }) {
    this.#history = options.history;
    this.#clock = options.clock;
    this.#tell = options.tell;
  }

  wants(symbol: string): boolean {
    const query = { symbol, interval: '1m', limit: 1 } as const;
    return unlessUnreadable(() => this.#history.candles.range(query).length === 0, false);
  }

  keep(candles: PastCandles): void {
    const { symbol } = candles;
    const venue = venueOf(symbol);
    try {
      const grid = gridOf(candles);
      const latest = this.#clock.now() + AHEAD_MS;
      const minutes = rowsOf(candles.minutes, '1m', grid, latest);
      const hours = rowsOf(candles.hours, '1h', grid, latest);
      if (minutes.length + hours.length === 0) return;
      const { base, quote } = candles.instrument;
      const writer = this.#session(venue);
      writer.addInstrument({ symbol, venue, base, quote, ...grid.grid });
      for (const row of hours) writer.candle(symbol, '1h', row);
      for (const row of minutes) writer.candle(symbol, '1m', row);
      writer.close(this.#clock.now());
    } catch (error) {
      // The market begins without them: its own candles need none of these.
      this.#sessions.delete(venue);
      const why = error instanceof Error ? error.message : String(error);
      this.#tell(`${symbol}: no candles from before its first start (${why})`, symbol);
    }
  }

  /** Closed after each market, so that it never counts as a recording that was broken off. */
  #session(venue: string): SessionWriter {
    const known = this.#sessions.get(venue);
    if (known !== undefined && this.#history.sessions.get(known.id) !== undefined) return known;
    const now = this.#clock.now();
    const id = `${venue}-before-${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, '')}`;
    const writer = SessionWriter.begin(this.#history, {
      id,
      label: `Candles of ${venue} before the first start`,
      source: 'live',
      state: 'importing',
      origin: { venue, backfilled: true },
      // The end of what a venue told is not the end of a recording.
      fingerprint: `${VENUE_CANDLES}${id}`,
      now,
    });
    this.#sessions.set(venue, writer);
    return writer;
  }
}

/** The instrument's, refined if older candles have finer steps. */
function gridOf({ instrument, minutes, hours }: PastCandles): LiveGrid {
  const { tickSize, lotSize } = instrument;
  let grid = new LiveGrid({ tickSize, lotSize });
  for (const row of [...hours, ...minutes]) {
    try {
      unitsOf(row, grid);
    } catch (error) {
      if (!(error instanceof DecimalError)) throw error;
      grid = grid.refined(row) ?? grid;
    }
  }
  return grid;
}

function unitsOf(row: VenueCandle, { price, size }: LiveGrid): Candle {
  return {
    openTime: row.openTime,
    open: price.toUnits(row.open),
    high: price.toUnits(row.high),
    low: price.toUnits(row.low),
    close: price.toUnits(row.close),
    volume: size.toUnits(row.volume),
    buyVolume: size.toUnits(row.buyVolume),
    trades: row.trades,
  };
}

/** Without those in which nobody traded. Empty if any row cannot be a candle: then none of them is trusted. */
function rowsOf(
  candles: readonly VenueCandle[],
  interval: CandleInterval,
  grid: LiveGrid,
  latest: number,
): readonly Candle[] {
  const rows = candles.map((row) => unitsOf(row, grid));
  const isSound = rows.every(
    ({ openTime, open, high, low, close, volume, buyVolume }) =>
      openTime % INTERVAL_MS[interval] === 0 &&
      openTime <= latest &&
      low >= 0 &&
      high >= Math.max(open, low, close) &&
      low <= Math.min(open, close) &&
      buyVolume <= volume,
  );
  return isSound ? rows.filter(({ volume }) => volume > 0) : [];
}
