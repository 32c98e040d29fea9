/*
 * Trades, candles and tickers in the binary form (P4g). The trades of a message have consecutive sequences that end
 * at `sequence`, so no trade carries its own; time and price are relative to the previous trade.
 */
import type { CandleMessage, TickerMessage, TradesMessage, TradeTuple } from '../tape.ts';
import { type ByteReader, count, integer } from './byte-reader.ts';
import { type ByteWriter, zigzag } from './byte-writer.ts';
import { readFlags } from './record-flags.ts';
import { CANDLE_FLAG, TICKER_FLAG, TRADE_BIT, TRADES_FLAG } from './record-kind.ts';
import { readScale, SizedPairs, type SizeScale, writeScale } from './size-scale.ts';

const FLAGS_OF_TRADES =
  TRADES_FLAG.lost | TRADES_FLAG.epoch | TRADES_FLAG.skipped | TRADES_FLAG.life;
const FLAGS_OF_CANDLE = CANDLE_FLAG.buyVolume | CANDLE_FLAG.closed;
const FLAGS_OF_TICKER = TICKER_FLAG.last | TICKER_FLAG.bid | TICKER_FLAG.ask | TICKER_FLAG.open24h;

const pairs = /* @__PURE__ */ new SizedPairs();

/** `sendTime` is the frame's clock. Trades whose sequences are not consecutive do not fit. */
export function writeTrades(writer: ByteWriter, message: TradesMessage): void {
  const { trades, previous, sequence, lost, epoch, life } = message;
  const skipped = sequence - previous - trades.length;
  const scale = measureTrades(trades);
  writer.byte(
    (lost === undefined ? 0 : TRADES_FLAG.lost) |
      (epoch === undefined ? 0 : TRADES_FLAG.epoch) |
      (skipped === 0 ? 0 : TRADES_FLAG.skipped) |
      (life === undefined ? 0 : TRADES_FLAG.life),
  );
  writeScale(writer, scale);
  writer.varint(message.channel);
  writer.varint(previous);
  writer.varint(trades.length);
  if (skipped !== 0) writer.varint(skipped);
  if (lost !== undefined) writer.varint(lost);
  if (epoch !== undefined) writer.ascii(epoch);
  if (life !== undefined) writer.ascii(life);
  const first = trades[0];
  if (first === undefined) return;
  writer.zigzag(message.sendTime - first[1]);
  writer.zigzag(first[2]);
  let number = sequence - trades.length;
  let time = first[1];
  let index = 0;
  for (const trade of trades) {
    if (trade[0] !== ++number) writer.fits = false;
    pairs.write(writer, scale, index++);
    if (trade[1] !== time) writer.zigzag(trade[1] - time);
    time = trade[1];
  }
}

/** Collects the trades in `pairs`: each size, with price step, time flag and side combined into one small number. */
function measureTrades(trades: readonly TradeTuple[]): SizeScale {
  pairs.clear();
  let before = trades[0];
  for (const trade of trades) {
    const step = before === undefined ? 0 : zigzag(trade[2] - before[2]);
    const isTimed = before !== undefined && trade[1] !== before[1];
    pairs.add(
      trade[3],
      step * TRADE_BIT.step +
        (isTimed ? TRADE_BIT.timed : 0) +
        (trade[4] === 'sell' ? TRADE_BIT.sell : 0),
    );
    before = trade;
  }
  return pairs.scale();
}

export function readTrades(reader: ByteReader, sendTime: number): TradesMessage {
  const flags = readFlags(reader, FLAGS_OF_TRADES);
  const scale = readScale(reader);
  const channel = reader.varint();
  const previous = reader.varint();
  const length = reader.size();
  const skipped = (flags & TRADES_FLAG.skipped) === 0 ? 0 : reader.varint();
  const sequence = count(previous + length + skipped);
  return {
    type: 'trades',
    channel,
    previous,
    sequence,
    sendTime,
    ...((flags & TRADES_FLAG.lost) === 0 ? {} : { lost: reader.varint() }),
    ...((flags & TRADES_FLAG.epoch) === 0 ? {} : { epoch: reader.ascii() }),
    ...((flags & TRADES_FLAG.life) === 0 ? {} : { life: reader.ascii() }),
    trades: readTuples(reader, length, sequence, sendTime, scale),
  };
}

function readTuples(
  reader: ByteReader,
  length: number,
  sequence: number,
  sendTime: number,
  { ten, split }: SizeScale,
): readonly TradeTuple[] {
  const trades: TradeTuple[] = [];
  if (length === 0) return trades;
  let time = count(sendTime - reader.zigzag());
  let price = integer(reader.zigzag());
  for (let i = 1; i <= length; i++) {
    const size = count(reader.pair(split) * ten);
    const { small } = reader;
    const step = Math.floor(small / TRADE_BIT.step);
    price = integer(price + (step % 2 === 0 ? step / 2 : -(step + 1) / 2));
    if (small % TRADE_BIT.step >= TRADE_BIT.timed) time = count(time + reader.zigzag());
    trades.push([sequence - length + i, time, price, size, small % 2 === 0 ? 'buy' : 'sell']);
  }
  return trades;
}

export function writeCandle(writer: ByteWriter, message: CandleMessage): void {
  const { open, high, low, close, buyVolume } = message;
  writer.byte(
    (buyVolume === undefined ? 0 : CANDLE_FLAG.buyVolume) |
      (message.state === 'closed' ? CANDLE_FLAG.closed : 0),
  );
  writer.varint(message.channel);
  writer.varint(message.openTime);
  writer.zigzag(open);
  writer.zigzag(high - open);
  writer.zigzag(low - open);
  writer.zigzag(close - open);
  writer.varint(message.volume);
  if (buyVolume !== undefined) writer.varint(buyVolume);
  writer.varint(message.trades);
  writer.varint(message.sequence);
}

export function readCandle(reader: ByteReader): CandleMessage {
  const flags = readFlags(reader, FLAGS_OF_CANDLE);
  const channel = reader.varint();
  const openTime = reader.varint();
  const open = reader.zigzag();
  return {
    type: 'candle',
    channel,
    openTime,
    open,
    high: integer(open + reader.zigzag()),
    low: integer(open + reader.zigzag()),
    close: integer(open + reader.zigzag()),
    volume: reader.varint(),
    ...((flags & CANDLE_FLAG.buyVolume) === 0 ? {} : { buyVolume: reader.varint() }),
    trades: reader.varint(),
    state: (flags & CANDLE_FLAG.closed) === 0 ? 'forming' : 'closed',
    sequence: reader.varint(),
  };
}

export function writeTicker(writer: ByteWriter, message: TickerMessage): void {
  const { last, bid, ask, open24h } = message;
  writer.byte(
    (last === null ? 0 : TICKER_FLAG.last) |
      (bid === null ? 0 : TICKER_FLAG.bid) |
      (ask === null ? 0 : TICKER_FLAG.ask) |
      (open24h === null ? 0 : TICKER_FLAG.open24h),
  );
  writer.varint(message.channel);
  let before = 0;
  for (const price of [last, bid, ask, open24h]) {
    if (price === null) continue;
    writer.zigzag(price - before);
    before = price;
  }
  writer.varint(message.volume24h);
  writer.varint(message.eventTime);
  writer.varint(message.sequence);
}

export function readTicker(reader: ByteReader): TickerMessage {
  const flags = readFlags(reader, FLAGS_OF_TICKER);
  const channel = reader.varint();
  let before = 0;
  const price = (flag: number): number | null => {
    if ((flags & flag) === 0) return null;
    before = integer(before + reader.zigzag());
    return before;
  };
  return {
    type: 'ticker',
    channel,
    last: price(TICKER_FLAG.last),
    bid: price(TICKER_FLAG.bid),
    ask: price(TICKER_FLAG.ask),
    open24h: price(TICKER_FLAG.open24h),
    volume24h: reader.varint(),
    eventTime: reader.varint(),
    sequence: reader.varint(),
  };
}
