import type { History } from '@tapedeck/db/history';
import { OrderBook } from '@tapedeck/market/book/order-book';
import { crossedStanding } from '@tapedeck/market/instrument/crossed-standing';
import { channelInstrument } from '@tapedeck/market/instrument/instrument';
import { encode } from '@tapedeck/market/wire/codec/codec';
import type { DownMessage } from '@tapedeck/market/wire/down';

import type { TextOutput } from './output-file.ts';
import {
  bookEvents,
  mergeByTime,
  type RecordedEvent,
  stateEvents,
  tradeEvents,
} from './session-events.ts';

type Market = { readonly book: OrderBook; readonly channel: number; checksumSecond: number };

/** Writes a session as protocol messages, one per line. */
export function exportNdjson(history: History, session: string, output: TextOutput): void {
  for (const line of ndjsonLines(history, session)) output.write(line);
}

/** A session as protocol messages, as a client following all of it would have got them; each with its newline. */
export function* ndjsonLines(history: History, session: string): Generator<string> {
  const instruments = history.instruments.list(session);
  const markets = new Map<string, Market>();
  for (const [i, { symbol }] of instruments.entries())
    markets.set(symbol, { book: new OrderBook(), channel: 2 * i, checksumSecond: -1 });
  const lineOf = (message: DownMessage): string => `${encode(message)}\n`;
  yield lineOf({
    type: 'subscribed',
    channels: instruments.flatMap((instrument, i) =>
      ['book', 'trades'].map((kind, j) => ({
        name: `${kind}:${instrument.symbol}`,
        channel: 2 * i + j,
        instrument: channelInstrument(instrument),
        resume: 'none' as const,
      })),
    ),
  });
  const streams = instruments.flatMap(({ symbol }) => [
    bookEvents(history, session, symbol),
    tradeEvents(history, session, symbol),
    stateEvents(history, session, symbol),
  ]);
  for (const event of mergeByTime(streams)) {
    const market = markets.get(event.symbol);
    if (market !== undefined) yield lineOf(messageOf(event, market, session));
  }
}

function messageOf(event: RecordedEvent, market: Market, epoch: string): DownMessage {
  const { book, channel } = market;
  if (event.type === 'damage') return { type: 'reset', channel, reason: 'upstream-gap' };
  if (event.type === 'state') {
    const { state, reason, since, crossedSince } = event.state;
    const standing = crossedStanding(state, crossedSince) ?? { state, reason, since };
    return { type: 'channel-state', channel, ...standing };
  }
  if (event.type === 'trade') {
    const { sequence, eventTime, priceTicks, sizeLots, aggressor } = event.trade;
    const trades = [[sequence, eventTime, priceTicks, sizeLots, aggressor]] as const;
    const previous = sequence - 1;
    return {
      type: 'trades',
      channel: channel + 1,
      previous,
      sequence,
      sendTime: eventTime,
      trades,
    };
  }
  const second = Math.floor(event.time / 1_000);
  const isFirstOfSecond = second !== market.checksumSecond;
  market.checksumSecond = second;
  if (event.type === 'snapshot') {
    book.applySnapshot(event.snapshot);
    const { sequence, eventTime, receiveTime, bids, asks } = event.snapshot;
    const times = { sequence, eventTime, receiveTime, sendTime: eventTime };
    return {
      type: 'book-snapshot',
      channel,
      epoch,
      ...times,
      bids,
      asks,
      checksum: book.checksum(),
    };
  }
  book.applyDelta(event.delta);
  const { previous, sequence, eventTime, bids, asks } = event.delta;
  const numbers = { previous, sequence, merged: sequence - previous };
  const checksum = isFirstOfSecond ? { checksum: book.checksum() } : {};
  const times = { eventTime, sendTime: eventTime };
  return { type: 'book-delta', channel, ...numbers, ...times, bids, asks, ...checksum };
}
