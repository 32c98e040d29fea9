/*
 * A source fed from outside (`POST /v1/ingest`, `POST /v1/news`). A batch is checked as a whole, then passed to the
 * sink event by event within one turn, so nobody ever sees half of it. If the pusher numbers its events, P9 applies:
 * an old one is left out, a gap in a book's numbers resets that book, a gap in the trades is reported.
 *
 *   batch ─▶ batchRefusal ─▶ chain of numbers ─▶ sink (the same as any source's)
 */
import { isWrittenAlike } from '@tapedeck/market/grid/grid';
import type { MarketSink, MarketSource } from '@tapedeck/market/instrument/market-event';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Clock } from '@tapedeck/market/time/clock';
import { shown } from '@tapedeck/market/wire/codec/codec';
import type { IngestReport, PushedEvent, PushedHeadline } from '@tapedeck/market/wire/push';

import type { MarketEngine } from '../../engine/market-engine.ts';
import type { SymbolMarket } from '../../engine/symbol-market.ts';
import { batchRefusal, instrumentOf, type OwnMarkets } from './push-batch.ts';
import { foreign, headlineRefusal, type PushRefusal } from './push-refusal.ts';
import { PushedNumbers } from './pushed-numbers.ts';

/** Headline ids remembered, to accept each once. */
const REMEMBERED_HEADLINES = 1_000;

type PushedNews = { readonly id: string; readonly isNew: boolean };
type Counts = { -readonly [K in keyof Omit<IngestReport, 'markets'>]: IngestReport[K] };

export class PushSource implements MarketSource {
  readonly #engine: MarketEngine;
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #numbers = new Map<string, PushedNumbers>();
  /** Every symbol ever announced. */
  readonly #known = new Set<string>();
  readonly #headlines = new Set<string>();
  #sink: MarketSink | undefined;

  constructor(options: {
    readonly engine: MarketEngine;
    readonly clock: Clock;
    /** Id for a headline without one. */
    readonly newId: () => string;
  }) {
    this.#engine = options.engine;
    this.#clock = options.clock;
    this.#newId = options.newId;
  }

  start(sink: MarketSink): void {
    this.#sink = sink;
  }

  close(): void {
    this.#sink = undefined;
  }

  /** Accepts or refuses a batch as a whole. */
  push(events: readonly PushedEvent[]): IngestReport | PushRefusal {
    const now = this.#clock.now();
    const refusal = batchRefusal(events, this.#engine, this.#own, now);
    if (refusal !== undefined) return refusal;
    const counts = { applied: 0, dropped: 0, duplicates: 0, gaps: 0, lostTrades: 0 };
    const symbols = new Set<string>();
    for (const event of events) {
      if ('symbol' in event) symbols.add(event.symbol);
      this.#take(event, now, counts);
    }
    return {
      ...counts,
      markets: [...symbols].map((symbol) => standing(symbol, this.#engine.market(symbol))),
    };
  }

  /** Ends a pushed market (P13b); announced again it starts over. */
  remove(symbol: string): PushRefusal | undefined {
    const market = this.#engine.market(symbol);
    if (market === undefined)
      return { error: 'unknown', message: `symbol: nobody pushes ${shown(symbol)}` };
    if (!this.#numbers.delete(symbol)) return foreign(symbol);
    this.#engine.end(market);
    this.#tell(
      this.#clock.now(),
      'info',
      symbol,
      `${symbol} was removed: nobody pushes it any more`,
    );
    return undefined;
  }

  /** Accepts one headline: its id, and whether it was new. */
  headline(headline: PushedHeadline): PushedNews | PushRefusal {
    return headlineRefusal(headline, this.#clock.now()) ?? this.#headline(headline);
  }

  #headline(headline: PushedHeadline): PushedNews {
    const { id = this.#newId(), time = this.#clock.now(), eventId, link, ...rest } = headline;
    if (this.#headlines.has(id)) return { id, isNew: false };
    this.#headlines.add(id);
    const [oldest] = this.#headlines;
    if (this.#headlines.size > REMEMBERED_HEADLINES && oldest !== undefined)
      this.#headlines.delete(oldest);
    const about = {
      ...(eventId === undefined ? {} : { eventId }),
      ...(link === undefined ? {} : { link }),
    };
    this.#sink?.({ type: 'headline', id, time, ...rest, ...about });
    return { id, isNew: true };
  }

  #take(event: PushedEvent, now: EpochMs, counts: Counts): void {
    switch (event.type) {
      case 'instrument':
        this.#announce(event, now);
        break;
      case 'snapshot':
        if (!this.#begins(event, now, counts)) return;
        this.#book(event, now);
        break;
      case 'update':
        if (!this.#follows(event, now, counts)) return;
        this.#book(event, now);
        break;
      case 'trade':
        if (!this.#trade(event, now, counts)) return;
        break;
      case 'state':
        if (!this.#state(event, now, counts)) return;
        break;
      case 'status':
        this.#sink?.({ time: now, ...event });
        break;
      case 'headline': {
        const { type: _, ...headline } = event;
        if (!this.#headline(headline).isNew) {
          counts.duplicates++;
          return;
        }
      }
    }
    counts.applied++;
  }

  #announce(event: PushedEvent & { readonly type: 'instrument' }, now: EpochMs): void {
    const { symbol, tickSize } = event;
    const before = this.#engine.market(symbol)?.instrument;
    if (before !== undefined && isWrittenAlike(before, event)) {
      this.#numbersOf(symbol).renumber();
      return;
    }
    this.#numbers.set(symbol, new PushedNumbers());
    this.#known.add(symbol);
    this.#sink?.({ type: 'instrument', instrument: instrumentOf(event) });
    this.#tell(
      now,
      'info',
      symbol,
      `${symbol} is pushed by a source of its own, in steps of ${tickSize}`,
    );
  }

  #book(event: PushedEvent & { readonly type: 'snapshot' | 'update' }, now: EpochMs): void {
    const { type, symbol, eventTime = this.#present(symbol, now), bids, asks } = event;
    this.#sink?.({ type, symbol, eventTime, receiveTime: now, bids, asks });
  }

  /** An older snapshot is not the current book, whether that is known or awaited (P12a). */
  #begins(
    { symbol, sequence }: PushedEvent & { readonly type: 'snapshot' },
    now: EpochMs,
    counts: Counts,
  ): boolean {
    const numbers = this.#numbersOf(symbol);
    if (numbers.snapshot(sequence) === 'apply') return true;
    counts[this.#engine.market(symbol)?.ready === true ? 'duplicates' : 'dropped']++;
    this.#tellBack(now, symbol, `snapshot ${sequence} is older than change ${numbers.applied}`);
    return false;
  }

  /** P9, for the pusher's own numbers. */
  #follows(
    event: PushedEvent & { readonly type: 'update' },
    now: EpochMs,
    counts: Counts,
  ): boolean {
    const { symbol, sequence, previous, eventTime = this.#present(symbol, now) } = event;
    if (this.#engine.market(symbol)?.ready !== true) {
      counts.dropped++;
      return false;
    }
    switch (this.#numbersOf(symbol).update(sequence, previous)) {
      case 'apply':
        return true;
      case 'old':
        counts.duplicates++;
        return false;
      case 'gap':
        counts.gaps++;
        counts.dropped++;
        this.#sink?.({
          type: 'state',
          symbol,
          eventTime,
          state: 'syncing',
          reason: 'upstream-gap',
        });
        return false;
    }
  }

  #trade(event: PushedEvent & { readonly type: 'trade' }, now: EpochMs, counts: Counts): boolean {
    const { type, symbol, sequence, priceTicks, sizeLots, aggressor } = event;
    const eventTime = event.eventTime ?? this.#present(symbol, now);
    const numbers = this.#numbersOf(symbol);
    const lost = numbers.trade(sequence);
    if (lost === 'old') {
      counts.duplicates++;
      // A known trade is no later than the newest one.
      if ((event.eventTime ?? 0) > (this.#engine.market(symbol)?.trades.last?.eventTime ?? 0))
        this.#tellBack(now, symbol, `trade ${sequence} comes after trade ${numbers.lastTrade}`);
      return false;
    }
    if (lost > 0) {
      counts.gaps++;
      counts.lostTrades += lost;
      this.#tell(now, 'warning', symbol, `${symbol}: ${lost} trades before ${sequence} are lost`);
    }
    this.#sink?.({ type, symbol, eventTime, receiveTime: now, priceTicks, sizeLots, aggressor });
    return true;
  }

  #state(event: PushedEvent & { readonly type: 'state' }, now: EpochMs, counts: Counts): boolean {
    const { symbol, state } = event;
    const market = this.#engine.market(symbol);
    // A gap may have come in between: a book without a snapshot is not ok, whatever the pusher says.
    if (state === 'ok' && market?.ready !== true) {
      counts.dropped++;
      return false;
    }
    // Confirming the book is a sign of life: a market may be slow without being silent.
    if (state === 'ok' && market !== undefined) this.#engine.heard(market);
    const reason = event.reason ?? (state === 'halted' ? 'halt' : 'upstream-reset');
    const eventTime = this.#present(symbol, now);
    this.#sink?.({ type: 'state', symbol, eventTime, state, reason });
    return true;
  }

  /** The time of an event without one: the clock may be set back, the time of a market may not. */
  #present(symbol: string, now: EpochMs): EpochMs {
    return Math.max(now, this.#engine.market(symbol)?.lastEventTime ?? 0);
  }

  /** Each report counts what is left out; the status event is sent once. */
  #tellBack(now: EpochMs, symbol: string, what: string): void {
    if (!this.#numbersOf(symbol).isNews()) return;
    const cure = 'if its numbering restarts, announce the instrument again';
    this.#tell(now, 'warning', symbol, `${symbol}: ${what}, and is left out; ${cure}`);
  }

  #tell(time: EpochMs, severity: 'info' | 'warning', symbol: string, message: string): void {
    this.#sink?.({
      type: 'status',
      time,
      severity,
      kind: 'venue-link',
      symbols: [symbol],
      message,
    });
  }

  get #own(): OwnMarkets {
    return { markets: this.#numbers, known: this.#known };
  }

  #numbersOf(symbol: string): PushedNumbers {
    let numbers = this.#numbers.get(symbol);
    if (numbers === undefined) {
      numbers = new PushedNumbers();
      this.#numbers.set(symbol, numbers);
    }
    return numbers;
  }
}

function standing(
  symbol: string,
  market: SymbolMarket | undefined,
): IngestReport['markets'][number] {
  return {
    symbol,
    state: market?.state ?? 'syncing',
    epoch: market?.epoch ?? '',
    sequence: market?.book.sequence ?? 0,
    tradeSequence: market?.tradeSequence ?? 0,
    crossed: market?.isCrossed ?? false,
    ...(market?.ready === true ? {} : { awaits: 'snapshot' as const }),
  };
}
