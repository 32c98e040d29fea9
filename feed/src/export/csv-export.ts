import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { History } from '@tapedeck/db/history';
import { DecimalScale } from '@tapedeck/market/decimal';
import type { Instrument } from '@tapedeck/market/instrument';
import type { EpochMs, Level } from '@tapedeck/market/level';

import { TARDIS_COLUMNS, tardisExchangeOf } from '../import/tardis-csv.ts';
import { OutputFile, type TextOutput } from './output-file.ts';
import { bookEvents, tradeEvents } from './session-events.ts';

/**
 * Writes a session as Tardis CSV into a new folder: `incremental_book_L2` and `trades` of each market. Receive
 * times rise by a microsecond at least from message to message, so that a reader does not take two for one.
 * @throws OutputExists
 */
export function exportCsv(history: History, session: string, folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const paths: string[] = [];
  for (const instrument of history.instruments.list(session)) {
    const exchange = tardisExchangeOf(instrument.venue);
    const market = instrument.symbol.slice(0, instrument.symbol.lastIndexOf('@'));
    const day = dayOf(history, session, instrument.symbol);
    for (const kind of ['incremental_book_L2', 'trades'] as const) {
      const name = `${exchange}_${kind}_${day}_${market.replaceAll('/', '-')}.csv`;
      const file = new OutputFile(join(folder, name));
      try {
        const rows = new TardisRows(file, `${exchange},${market}`, instrument);
        if (kind === 'trades') writeTrades(history, session, instrument, rows);
        else writeBook(history, session, instrument, rows);
        file.finish();
      } catch (error) {
        file.abort();
        throw error;
      }
      paths.push(file.path);
    }
  }
  return paths;
}

function dayOf(history: History, session: string, symbol: string): string {
  const time = history.sessions.market(session, symbol)?.firstTime ?? 0;
  return new Date(time).toISOString().slice(0, 10);
}

function writeBook(
  history: History,
  session: string,
  { symbol }: Instrument,
  rows: TardisRows,
): void {
  rows.header('book');
  for (const event of bookEvents(history, session, symbol)) {
    if (event.type === 'snapshot') rows.book(event.snapshot, true);
    else if (event.type === 'delta') rows.book(event.delta, false);
  }
}

function writeTrades(
  history: History,
  session: string,
  { symbol }: Instrument,
  rows: TardisRows,
): void {
  rows.header('trades');
  for (const event of tradeEvents(history, session, symbol)) {
    if (event.type !== 'trade') continue;
    const { sequence, eventTime, priceTicks, sizeLots, aggressor } = event.trade;
    rows.trade(eventTime, sequence, aggressor, [priceTicks, sizeLots]);
  }
}

type BookMessage = {
  readonly eventTime: EpochMs;
  readonly receiveTime: EpochMs;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
};

class TardisRows {
  readonly #output: TextOutput;
  readonly #market: string;
  readonly #price: DecimalScale;
  readonly #size: DecimalScale;
  #lastLocal = 0;

  constructor(output: TextOutput, market: string, instrument: Instrument) {
    this.#output = output;
    this.#market = market;
    this.#price = new DecimalScale(instrument.tickSize);
    this.#size = new DecimalScale(instrument.lotSize);
  }

  header(kind: 'book' | 'trades'): void {
    this.#output.write(`${TARDIS_COLUMNS[kind].join(',')}\n`);
  }

  book(message: BookMessage, isSnapshot: boolean): void {
    const { eventTime, receiveTime, bids, asks } = message;
    const start = `${this.#market},${eventTime}000,${this.#localTime(receiveTime)},${isSnapshot}`;
    for (const level of bids) this.#output.write(`${start},bid,${this.#level(level)}\n`);
    for (const level of asks) this.#output.write(`${start},ask,${this.#level(level)}\n`);
  }

  /** The history keeps the market's time of a trade only. */
  trade(eventTime: EpochMs, id: number, side: 'buy' | 'sell', level: Level): void {
    const local = this.#localTime(eventTime);
    this.#output.write(
      `${this.#market},${eventTime}000,${local},${id},${side},${this.#level(level)}\n`,
    );
  }

  #level([price, size]: Level): string {
    return `${this.#price.toPlainText(price)},${this.#size.toPlainText(size)}`;
  }

  #localTime(ms: EpochMs): number {
    this.#lastLocal = Math.max(ms * 1_000, this.#lastLocal + 1);
    return this.#lastLocal;
  }
}
