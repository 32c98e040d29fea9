import type { SessionWriter } from '@tapedeck/db/recording/session-writer';
import type { TextLevel } from '@tapedeck/market/book/text-level';
import type { GapReason } from '@tapedeck/market/instrument/session';
import { DecimalError } from '@tapedeck/market/number/decimal';
import type { EpochMs } from '@tapedeck/market/number/level';

import { placesOf } from '../../venue/decimal-places.ts';
import { RecentKeys } from '../../venue/recent-keys.ts';
import type { BookStep, GridDiff, GridLevels, VenueBook } from '../../venue/venue-book.ts';
import { type VenueCheck, type VenueEvent, type VenueId } from '../../venue/venue-event.ts';
import { BookSocket } from '../book/book-socket.ts';
import { CountedBook } from '../book/counted-book.ts';
import { ScannedDiff } from '../book/scanned-diff.ts';
import { type Quote, TickerAudit } from '../book/ticker-audit.ts';
import type { LineScanner, ScannedKind } from '../format/recording-format.ts';
import { gridLevels } from '../grid/grid-levels.ts';
import { FinerGridNeeded, type ImportGrids } from '../grid/import-grids.ts';
import type { LinePlace, ProblemLog } from '../read/import-problem.ts';
import { CandleImport } from './candle-import.ts';
import type { MessageCounts } from './message-counts.ts';
import { TradeImport } from './trade-import.ts';

/** What an import needs to know of a market. */
export type MarketSettings = {
  readonly symbol: string;
  readonly grids: ImportGrids;
  /** The venue's rules. */
  readonly book: VenueBook;
};

/** Venue events of one market, in receive order -> one session: numbers, integers, holes, audit points. */
export class MarketImport {
  readonly messages: MessageCounts = { depth: 0, bookTicker: 0, trade: 0, snapshot: 0 };
  readonly #writer: SessionWriter;
  readonly #symbol: string;
  readonly #grids: ImportGrids;
  readonly #problems: ProblemLog;
  readonly #book: CountedBook;
  readonly #audit = new TickerAudit();
  readonly #trades: TradeImport;
  readonly #candles: CandleImport;
  #sequence = 0;
  #lastBookTime: EpochMs | undefined;
  #holeFrom: EpochMs | undefined;
  #holeReason: GapReason = 'upstream-gap';
  #firstDiffTime: EpochMs = Number.MAX_SAFE_INTEGER;
  #lastDiffTime: EpochMs = 0;
  #depth: number | undefined;
  /** Id of the first trade that the stream sent, and its time. */
  #firstTrade: VenueId | undefined;
  #firstTradeTime: EpochMs = Infinity;
  readonly #tradeKeys = new RecentKeys();
  readonly #socket = new BookSocket();

  constructor(writer: SessionWriter, settings: MarketSettings, problems: ProblemLog) {
    this.#writer = writer;
    this.#symbol = settings.symbol;
    this.#grids = settings.grids;
    const { symbol, grids, book } = settings;
    this.#book = new CountedBook(book, grids, () => writer.bookOf(symbol));
    this.#problems = problems;
    const count = (): void => void this.messages.trade++;
    this.#trades = new TradeImport({ writer, symbol, problems, count });
    const countCandle = (): void => void (this.messages.candle = (this.messages.candle ?? 0) + 1);
    this.#candles = new CandleImport({ writer, symbol, grids, problems, count: countCandle });
  }

  /** Levels per side, if the venue sends a view of the book. */
  get depth(): number | undefined {
    return this.#depth;
  }

  /**
   * Adds one event; `socket` names where it came from, if several may carry this book. @throws FinerGridNeeded, and
   * ImportError in strict mode.
   */
  add(event: VenueEvent, receiveTime: EpochMs, place: LinePlace, socket?: string): void {
    const verdict = this.#socket.take(event.type, receiveTime, socket);
    if (verdict === 'lost') this.lost(place, true);
    if (verdict !== 'take') return;
    try {
      this.#add(event, receiveTime, place);
    } catch (error) {
      if (!(error instanceof DecimalError)) throw error;
      this.#demandFinerGrid(event);
      this.#problems.report('bad-line', place, error.message);
      if (event.type === 'diff' || event.type === 'snapshot') this.lost(place, true);
    }
  }

  /** A line of the recording is lost; `isCertain` if it contained a change of this book. */
  lost(place: LinePlace, isCertain: boolean, why = 'a book change was lost'): void {
    const detail = `${why}: the book is unknown until the next whole one`;
    for (const step of this.#book.lost(detail, isCertain)) this.#step(step, place);
  }

  /** Adds one line that a scanner read; its numbers are on the grid already. @throws ImportError in strict mode. */
  addScanned(
    scanned: LineScanner,
    kind: Exclude<ScannedKind, 'other'>,
    receiveTime: EpochMs,
    place: LinePlace,
  ): void {
    if (kind === 'ticker') {
      const { bid, bidSize, ask, askSize, lastId } = scanned;
      const quote = { bidTicks: bid, bidLots: bidSize, askTicks: ask, askLots: askSize };
      this.#ticker(lastId, quote);
    } else if (kind === 'trade') {
      const { tradeId: id, tradeTime: eventTime, price, size, buyerIsMaker } = scanned;
      const aggressor = buyerIsMaker ? 'sell' : 'buy';
      this.#firstTrade ??= id;
      const grid = { priceTicks: price, sizeLots: size };
      this.#trades.add({ id, eventTime, ...grid, aggressor, kind: 'MARKET' }, place);
    } else {
      this.#diff(new ScannedDiff(scanned), receiveTime, place);
    }
  }

  /** Time of the last event. */
  get lastTime(): EpochMs {
    return Math.max(this.#lastDiffTime, this.#lastBookTime ?? 0, this.#trades.lastTime);
  }

  /** At the end of the last file; `end` is that of the session: a hole that never ended lasts until after it. */
  finish(place: LinePlace, end: EpochMs): void {
    for (const step of this.#book.end()) this.#step(step, place);
    this.#trades.finish();
    for (const check of this.#audit.end()) this.#writer.check(this.#symbol, check);
    const hadHole = this.#holeFrom !== undefined;
    this.#endHole(end + 1);
    if (this.messages.depth === 0 || this.#sequence > 0 || hadHole) return;
    const from = Math.min(this.#firstDiffTime, this.#lastDiffTime);
    const gap = { symbol: this.#symbol, from, to: this.#lastDiffTime };
    this.#writer.gap({ ...gap, reason: 'upstream-gap' }, false);
    this.#problems.report(
      'no-snapshot',
      place,
      `${this.messages.depth} diffs and no snapshot to apply them to: there is no book`,
    );
  }

  #add(event: VenueEvent, receiveTime: EpochMs, place: LinePlace): void {
    switch (event.type) {
      case 'snapshot': {
        const snapshot = { ...event, ...this.#levels(event, place) };
        this.messages.snapshot++;
        this.#depth ??= event.depth;
        for (const step of this.#book.snapshot(snapshot, receiveTime)) this.#step(step, place);
        return;
      }
      case 'diff': {
        // Before the book applies it: a refused diff must leave a hole, not a half-applied state.
        this.#diff({ ...event, ...this.#levels(event, place) }, receiveTime, place);
        return;
      }
      case 'ticker': {
        this.#ticker(event.updateId, this.#quote(event.bid, event.ask));
        return;
      }
      case 'trade': {
        if (!this.#isOfTape(event, place)) return;
        const { price, size } = this.#grids;
        const [priceTicks, sizeLots] = [price.toUnits(event.price), size.toUnits(event.size)];
        this.#trades.add({ ...event, priceTicks, sizeLots }, place);
        return;
      }
      case 'quote':
        this.messages.bookTicker++;
        return;
      case 'candle':
        this.#candles.add(event, place);
        return;
      case 'check':
        if (event.ok) this.#checked();
        else this.#contradicted(event, place);
    }
  }

  /** Trades that a venue lists fill holes; those from before the first trade of the stream are not part of the tape. */
  #isOfTape(
    { id, key, isPast, eventTime }: VenueEvent & { readonly type: 'trade' },
    place: LinePlace,
  ): boolean {
    if (isPast !== true) {
      this.#firstTrade ??= id;
      if (this.#firstTradeTime === Infinity) this.#firstTradeTime = eventTime;
    }
    if (id === undefined && key !== undefined) {
      if (isPast === true) return eventTime >= this.#firstTradeTime && this.#tradeKeys.add(key);
      if (this.#tradeKeys.add(key)) return true;
      this.#problems.report('duplicate', place, `trade ${key} is already there`);
      return false;
    }
    if (isPast !== true) return true;
    return id !== undefined && this.#firstTrade !== undefined && id > this.#firstTrade;
  }

  #diff(diff: GridDiff, receiveTime: EpochMs, place: LinePlace): void {
    const { eventTime } = diff;
    this.messages.depth++;
    this.#firstDiffTime = Math.min(this.#firstDiffTime, eventTime);
    this.#lastDiffTime = Math.max(this.#lastDiffTime, eventTime);
    for (const step of this.#book.diff(diff, receiveTime)) this.#step(step, place);
  }

  #ticker(updateId: VenueId, quote: Quote): void {
    this.messages.bookTicker++;
    for (const settled of this.#audit.ticker(updateId, quote))
      this.#writer.check(this.#symbol, settled);
  }

  #checked(): void {
    this.messages.checksumOk = (this.messages.checksumOk ?? 0) + 1;
  }

  #checkFailed(place: LinePlace, detail: string): void {
    this.messages.checksumFailed = (this.messages.checksumFailed ?? 0) + 1;
    this.#problems.report('checksum', place, detail);
  }

  /** The file contradicts itself: the book before is right, the book from there on is unknown. */
  #contradicted({ detail, eventTime }: VenueCheck, place: LinePlace): void {
    this.#checkFailed(place, detail);
    for (const step of this.#book.lost(detail, true)) {
      if (step.type === 'hole') this.#beginHole('checksum', eventTime);
      else this.#step(step, place);
    }
  }

  #step(step: BookStep, place: LinePlace): void {
    switch (step.type) {
      case 'begin': {
        const { snapshot, eventTime, receiveTime } = step;
        const { bids, asks } = snapshot;
        this.#endHole(eventTime);
        const sequence = ++this.#sequence;
        this.#lastBookTime = Math.max(eventTime, this.#lastBookTime ?? 0);
        const book = { sequence, eventTime, receiveTime, bids, asks };
        this.#writer.snapshot(this.#symbol, book);
        return;
      }
      case 'apply': {
        const { diff, receiveTime } = step;
        const { eventTime, lastId } = diff;
        const previous = this.#sequence;
        const sequence = ++this.#sequence;
        this.#lastBookTime = Math.max(eventTime, this.#lastBookTime ?? 0);
        const head = { previous, sequence, eventTime, receiveTime };
        if (diff instanceof ScannedDiff) this.#writer.deltaOf(this.#symbol, head, diff.numbers);
        else this.#writer.delta(this.#symbol, { ...head, bids: diff.bids, asks: diff.asks });
        // Without ids no ticker can be matched to it.
        if (lastId === 0) return;
        for (const settled of this.#audit.diff(lastId, sequence))
          this.#writer.check(this.#symbol, settled);
        return;
      }
      case 'hole':
        this.#beginHole(step.problem === 'book-gap' ? 'upstream-gap' : step.problem, step.from);
        if (step.problem === 'too-large') return;
        if (step.problem === 'checksum') this.#checkFailed(place, step.detail);
        else this.#problems.report('book-gap', place, step.detail);
        return;
      case 'missed': {
        const { from, to, detail } = step;
        this.#problems.report('book-gap', place, detail);
        this.#writer.gap({ symbol: this.#symbol, from, to, reason: 'upstream-gap' }, false);
        return;
      }
      case 'checked':
        this.#checked();
        return;
      case 'duplicate':
        this.#problems.report('duplicate', place, 'a diff that is already in the book');
        return;
      case 'unbridged':
        this.#problems.report('no-snapshot', place, step.detail);
    }
  }

  #beginHole(reason: GapReason, from: EpochMs | undefined): void {
    if (this.#holeFrom !== undefined) return;
    this.#holeReason = reason;
    this.#holeFrom =
      from === undefined ? this.#lastBookTime : Math.max(from, this.#lastBookTime ?? 0);
  }

  /** A book that was stale since the hole is correct again. */
  #endHole(to: EpochMs): void {
    if (this.#holeFrom === undefined) return;
    const from = this.#holeFrom;
    const reason = this.#holeReason;
    const gap = { symbol: this.#symbol, from, to: Math.max(from, to), reason };
    // It contained changes, though none is recorded.
    if (reason === 'too-large')
      for (const time of [from, this.lastTime]) this.#writer.reach(this.#symbol, time);
    this.#writer.gap(gap, true);
    this.#holeFrom = undefined;
  }

  #levels(event: GridLevels['text'], place: LinePlace): GridLevels {
    return gridLevels(event, this.#grids, ([price, size]) => {
      this.#book.meet();
      const { step } = this.#grids.size;
      const detail = `a level of ${size} at ${price} is more than can be counted in lots of ${step}: the book is not recorded while it is there`;
      this.#problems.report('too-large', place, detail);
    });
  }

  #quote(bid: TextLevel, ask: TextLevel): Quote {
    const { price, size } = this.#grids;
    return {
      bidTicks: price.toUnits(bid[0]),
      bidLots: size.toUnits(bid[1]),
      askTicks: price.toUnits(ask[0]),
      askLots: size.toUnits(ask[1]),
    };
  }

  /** A grid that was found, not given, is refined to what the recording needs. */
  #demandFinerGrid(event: VenueEvent): void {
    const needed = placesOf(event);
    const { price, size, priceFixed, sizeFixed } = this.#grids;
    const finerPrice = !priceFixed && needed.price > price.decimals;
    const finerSize = !sizeFixed && needed.size > size.decimals;
    if (finerPrice || finerSize) throw new FinerGridNeeded(this.#symbol, needed);
  }
}
