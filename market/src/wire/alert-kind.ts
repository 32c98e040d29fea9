/**
 * The kinds of alerts, each with the field of a rule that says when it is met: a price in ticks, or how old the newest data
 * of the market may be, ms. What a kind does in the feed is its entry in `feed/src/alerts/alert-conditions.ts`.
 */
export const ALERT_BOUNDS = {
  crosses: 'priceTicks',
  'crosses-up': 'priceTicks',
  'crosses-down': 'priceTicks',
  'at-least': 'priceTicks',
  'at-most': 'priceTicks',
  'feed-age': 'ageMs',
} as const satisfies Readonly<Record<string, 'priceTicks' | 'ageMs'>>;
export type AlertKind = keyof typeof ALERT_BOUNDS;
export type AlertBound = (typeof ALERT_BOUNDS)[AlertKind];

export const ALERT_KINDS = Object.keys(ALERT_BOUNDS) as readonly AlertKind[];
