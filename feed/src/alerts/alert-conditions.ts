/* What each kind of alert waits for, and its messages: everything the feed knows of a kind. */
import { ALERT_BOUNDS, type AlertKind } from '@tapedeck/market/wire/alert-kind';

/**
 * Whether a sample meets the rule. `value`: the price in ticks, or the age of the newest data in ms; `bound`: that of
 * the rule, in the same unit. `turn`: the price crossed the bound with this sample, up 1, down -1; otherwise 0.
 */
type IsMet = (value: number, bound: number, turn: -1 | 0 | 1) => boolean;

/** The parts of a message, as text. */
export type Told = {
  readonly symbol: string;
  /** The bound; for a feed-age rule the actual age. */
  readonly level: string;
  /** ` for 5 s` for a rule with a holding time, otherwise empty. */
  readonly held: string;
  /** ` (last 61,234.5)` if a price decided, otherwise empty. */
  readonly last: string;
  /** The direction of the last crossing. */
  readonly crossed: 'up' | 'down';
};

export type Condition = {
  /** Between the symbol and the bound, in the log of changes to rules. */
  readonly words: string;
  /** A crossing is a moment: it holds as long as the price stays on its side, and its end is not reported. */
  readonly isMoment: boolean;
  readonly isMet: IsMet;
  readonly fires: (told: Told) => string;
  /** The condition is no longer met. */
  readonly ends: (told: Told) => string;
};

export const CONDITIONS: Readonly<Record<AlertKind, Condition>> = {
  crosses: crossing('crosses', (_value, _bound, turn) => turn !== 0),
  'crosses-up': crossing('crosses upwards', (_value, _bound, turn) => turn > 0),
  'crosses-down': crossing('crosses downwards', (_value, _bound, turn) => turn < 0),
  'at-least': beyond('at or above', (value, bound) => value >= bound),
  'at-most': beyond('at or below', (value, bound) => value <= bound),
  'feed-age': {
    words: 'no data for',
    isMoment: false,
    isMet: (value, bound) => value >= bound,
    fires: ({ symbol, level }) => `${symbol}: no data for ${level}`,
    ends: ({ symbol }) => `${symbol}: data is back`,
  },
};

/** Whether a kind is about the prices of its market, and so blind without them. */
export function isOfPrice(kind: AlertKind): boolean {
  return ALERT_BOUNDS[kind] === 'priceTicks';
}

function crossing(words: string, isMet: IsMet): Condition {
  return {
    words,
    isMoment: true,
    isMet,
    fires: ({ symbol, level, crossed, held, last }) =>
      `${symbol} crossed ${level} ${crossed}wards${held === '' ? '' : `, held${held}`}${last}`,
    ends: ({ symbol, level, last }) => `${symbol} no longer ${words} ${level}${last}`,
  };
}

function beyond(words: string, isMet: IsMet): Condition {
  return {
    words,
    isMoment: false,
    isMet,
    fires: ({ symbol, level, held, last }) => `${symbol} ${words} ${level}${held}${last}`,
    ends: ({ symbol, level, last }) => `${symbol} no longer ${words} ${level}${last}`,
  };
}
