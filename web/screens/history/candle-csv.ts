import type { Instrument } from '@tapedeck/market/instrument/instrument';
import { DecimalScale } from '@tapedeck/market/number/decimal';
import type { CandleBody } from '@tapedeck/market/wire/http';

/** Candles as CSV for machines: ISO times, dot decimals, exact prices and sizes, oldest first. */
export function candleCsv(
  candles: readonly CandleBody[],
  instrument: Pick<Instrument, 'tickSize' | 'lotSize'>,
): string {
  const price = new DecimalScale(instrument.tickSize);
  const size = new DecimalScale(instrument.lotSize);
  const lines = candles.map((candle) =>
    [
      new Date(candle.openTime).toISOString(),
      price.toText(candle.open),
      price.toText(candle.high),
      price.toText(candle.low),
      price.toText(candle.close),
      size.toText(candle.volume),
      size.toText(candle.buyVolume),
      candle.trades,
      candle.state,
    ].join(','),
  );
  return ['time,open,high,low,close,volume,buy_volume,trades,state', ...lines, ''].join('\n');
}
