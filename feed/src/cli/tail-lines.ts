import type { LinkChannel } from '@tapedeck/market/link/link-channel';
/* What `tapedeck tail` prints for a person: one line per message, in fixed columns. */
import { DecimalScale } from '@tapedeck/market/number/decimal';
import { relativeChange } from '@tapedeck/market/number/relative-change';
import type { CandleMessage, TickerMessage, TradesMessage } from '@tapedeck/market/wire/tape';

const NOTHING = '-';

export function bookLine(channel: LinkChannel): string {
  const { book } = channel.mirror ?? {};
  if (book === undefined) return '';
  const { price, size } = scalesOf(channel);
  const side = (level: readonly [number, number] | undefined): string =>
    level === undefined ? NOTHING : `${price.toText(level[0])} x ${size.toPlainText(level[1])}`;
  const { bestBid, bestAsk } = book;
  const spread =
    bestBid === undefined || bestAsk === undefined
      ? NOTHING
      : price.toText(bestAsk[0] - bestBid[0]);
  const flag = book.crossed ? ', CROSSED' : book.locked ? ', LOCKED' : '';
  const state = `${channel.phase}${flag}`;
  return line(book.eventTime, 'book', channel, [
    `bid ${side(bestBid)}`,
    `ask ${side(bestAsk)}`,
    `spread ${spread}`,
    state,
    `#${book.sequence}`,
  ]);
}

export function tradeLines(channel: LinkChannel, { trades }: TradesMessage): readonly string[] {
  const { price, size } = scalesOf(channel);
  return trades.map(([sequence, eventTime, priceTicks, sizeLots, aggressor]) =>
    line(eventTime, 'trade', channel, [
      aggressor.padEnd(4),
      `${size.toPlainText(sizeLots)} @ ${price.toText(priceTicks)}`,
      `#${sequence}`,
    ]),
  );
}

export function tickerLine(channel: LinkChannel, message: TickerMessage): string {
  const { price, size } = scalesOf(channel);
  const text = (ticks: number | null): string => (ticks === null ? NOTHING : price.toText(ticks));
  const { last, bid, ask, open24h, volume24h, eventTime } = message;
  return line(eventTime, 'ticker', channel, [
    `last ${text(last)}`,
    `bid ${text(bid)}`,
    `ask ${text(ask)}`,
    `24h ${changeText(last, open24h)}`,
    `volume ${size.toPlainText(volume24h)}`,
  ]);
}

export function candleLine(channel: LinkChannel, message: CandleMessage): string {
  const { price, size } = scalesOf(channel);
  const { openTime, open, high, low, close, volume, trades, state } = message;
  const interval = channel.parsed.kind === 'candles' ? channel.parsed.interval : '';
  return line(openTime, `candle ${interval}`, channel, [
    `open ${price.toText(open)}`,
    `high ${price.toText(high)}`,
    `low ${price.toText(low)}`,
    `close ${price.toText(close)}`,
    `volume ${size.toPlainText(volume)}`,
    `trades ${trades}`,
    state,
  ]);
}

function line(time: number, kind: string, channel: LinkChannel, parts: readonly string[]): string {
  const clock = new Date(time).toISOString().slice(11, 23);
  return `${clock}  ${kind.padEnd(6)}  ${channel.parsed.symbol}  ${parts.join('  ')}`;
}

/** The only number here that is not a count of steps. */
function changeText(last: number | null, open: number | null): string {
  const change = last === null || open === null ? undefined : relativeChange(open, last);
  if (change === undefined) return NOTHING;
  const percent = change * 100;
  return `${percent < 0 ? '' : '+'}${percent.toFixed(2)} %`;
}

function scalesOf({ grid }: LinkChannel): {
  readonly price: DecimalScale;
  readonly size: DecimalScale;
} {
  return {
    price: new DecimalScale(grid?.tickSize ?? '1'),
    size: new DecimalScale(grid?.lotSize ?? '1'),
  };
}
