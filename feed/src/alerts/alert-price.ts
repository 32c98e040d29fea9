import { DecimalError, DecimalScale } from '@tapedeck/market/number/decimal';
import type { AlertPatch } from '@tapedeck/market/wire/alert';

import type { PriceFormatter } from './price-formatter.ts';

/** Why a rule was not created or changed, as a message to its author. */
export type AlertRefusal = { readonly refused: string };

/** A price as its author meant it. Rules stored before grids were stored have no known grid. */
export type AlertPrice = {
  readonly priceTicks: number;
  readonly tickSize: string | undefined;
};

/** The same price in ticks of `tickSize`; undefined if it is between two of them, or has too many digits. */
export function ticksOn(price: AlertPrice, tickSize: string): number | undefined {
  if (price.tickSize === undefined || price.tickSize === tickSize) return price.priceTicks;
  const text = new DecimalScale(price.tickSize).toText(price.priceTicks);
  try {
    return new DecimalScale(tickSize).toUnits(text);
  } catch (error) {
    if (error instanceof DecimalError) return undefined;
    throw error;
  }
}

/** The price given for a rule, with its grid: `step`, the market's own, if none is named. */
export function meantPrice(
  { priceTicks, tickSize }: Pick<AlertPatch, 'priceTicks' | 'tickSize'>,
  symbol: string,
  step: string | undefined,
  priceText: PriceFormatter,
): AlertPrice | AlertRefusal | undefined {
  if (priceTicks === undefined)
    return tickSize === undefined
      ? undefined
      : { refused: `tickSize: ${tickSize} requires priceTicks` };
  const price = { priceTicks, tickSize: tickSize ?? step };
  if (step === undefined || ticksOn(price, step) !== undefined) return price;
  const text = priceText(symbol, priceTicks, tickSize);
  return { refused: `priceTicks: ${text} is not a price of ${symbol}, whose step is ${step}` };
}
