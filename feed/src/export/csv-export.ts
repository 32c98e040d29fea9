import { join } from 'node:path';

import { HistoryError } from '@tapedeck/db/database/history-error';
import type { History } from '@tapedeck/db/history';
import { type Instrument, nameOf } from '@tapedeck/market/instrument/instrument';
import { DecimalScale } from '@tapedeck/market/number/decimal';
import type { EpochMs, Level } from '@tapedeck/market/number/level';

import { TARDIS_COLUMNS, tardisExchangeOf } from '../import/format/tardis-csv.ts';
import { OutputFile, outputFolder } from './output-file.ts';
import { bookEvents, tradeEvents } from './session-events.ts';

/** One file of an export: its name, and its text in pieces of a few lines. */
export type CsvFile = { readonly name: string; readonly text: () => Generator<string> };

/**
 * A session as Tardis CSV: `incremental_book_L2` and `trades` of each market, as far as it has them: an empty file is
 * not a recording of anything. Receive times increase by at least a microsecond from message to message, so that a
 * reader does not merge two into one. @throws HistoryError for a session of candles only, for which this layout has
 * no file.
 */
export function csvFiles(history: History, session: string): readonly CsvFile[] {
  const files = history.instruments.list(session).flatMap((instrument) => {
    const exchange = tardisExchangeOf(instrument.venue);
    const market = nameOf(instrument.symbol);
    const day = dayOf(history, session, instrument.symbol);
    // Characters allowed in names but not in file names on every system; the rows have the name unchanged.
    const fileOf = (kind: string): string =>
      `${exchange}_${kind}_${day}_${market.replaceAll(/[/:@]/g, '-')}.csv`;
    const start = `${exchange},${market}`;
    const { symbol } = instrument;
    return [
      {
        name: fileOf('incremental_book_L2'),
        isEmpty: bookEvents(history, session, symbol).next().done === true,
        text: () => bookText(history, session, instrument, start),
      },
      {
        name: fileOf('trades'),
        isEmpty: tradeEvents(history, session, symbol).next().done === true,
        text: () => tradesText(history, session, instrument, start),
      },
    ];
  });
  const full = files.filter(({ isEmpty }) => !isEmpty);
  if (full.length === 0)
    throw new HistoryError(
      'missing',
      `session ${session} has no books or trades for csv; a tape has its candles`,
    );
  return full;
}

/** Writes those files into a folder. @throws OutputExists */
export function exportCsv(history: History, session: string, folder: string): readonly string[] {
  const files = csvFiles(history, session);
  outputFolder(folder);
  return files.map(({ name, text }) => {
    const file = new OutputFile(join(folder, name));
    try {
      for (const piece of text()) file.write(piece);
      file.finish();
    } catch (error) {
      file.abort();
      throw error;
    }
    return file.path;
  });
}

function dayOf(history: History, session: string, symbol: string): string {
  const time = history.sessions.market(session, symbol)?.firstTime ?? 0;
  return new Date(time).toISOString().slice(0, 10);
}

function* bookText(
  history: History,
  session: string,
  instrument: Instrument,
  start: string,
): Generator<string> {
  const rows = new TardisRows(start, instrument);
  yield `${TARDIS_COLUMNS.book.join(',')}\n`;
  for (const event of bookEvents(history, session, instrument.symbol)) {
    if (event.type === 'snapshot') yield rows.book(event.snapshot, true);
    else if (event.type === 'delta') yield rows.book(event.delta, false);
  }
}

function* tradesText(
  history: History,
  session: string,
  instrument: Instrument,
  start: string,
): Generator<string> {
  const rows = new TardisRows(start, instrument);
  yield `${TARDIS_COLUMNS.trades.join(',')}\n`;
  for (const event of tradeEvents(history, session, instrument.symbol)) {
    if (event.type !== 'trade') continue;
    const { sequence, eventTime, priceTicks, sizeLots, aggressor } = event.trade;
    yield rows.trade(eventTime, sequence, aggressor, [priceTicks, sizeLots]);
  }
}

type BookMessage = {
  readonly eventTime: EpochMs;
  readonly receiveTime: EpochMs;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
};

class TardisRows {
  readonly #market: string;
  readonly #price: DecimalScale;
  readonly #size: DecimalScale;
  #lastLocal = 0;

  constructor(market: string, instrument: Instrument) {
    this.#market = market;
    this.#price = new DecimalScale(instrument.tickSize);
    this.#size = new DecimalScale(instrument.lotSize);
  }

  book(message: BookMessage, isSnapshot: boolean): string {
    const { eventTime, receiveTime, bids, asks } = message;
    // A message without changes has no line, and no time of its own: a reader will not know of it.
    if (bids.length + asks.length === 0) return '';
    const start = `${this.#market},${eventTime}000,${this.#localTime(receiveTime)},${isSnapshot}`;
    let text = '';
    for (const level of bids) text += `${start},bid,${this.#level(level)}\n`;
    for (const level of asks) text += `${start},ask,${this.#level(level)}\n`;
    return text;
  }

  /** For a trade the history has only the market's time. */
  trade(eventTime: EpochMs, id: number, side: 'buy' | 'sell', level: Level): string {
    const local = this.#localTime(eventTime);
    return `${this.#market},${eventTime}000,${local},${id},${side},${this.#level(level)}\n`;
  }

  #level([price, size]: Level): string {
    return `${this.#price.toPlainText(price)},${this.#size.toPlainText(size)}`;
  }

  #localTime(ms: EpochMs): number {
    this.#lastLocal = Math.max(ms * 1_000, this.#lastLocal + 1);
    return this.#lastLocal;
  }
}
