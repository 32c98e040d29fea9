/**
 * Alert kinds, each with the rule field that holds its threshold: a price in ticks, or the maximum age of the
 * market's newest data in ms. `feed/src/alerts/alert-conditions.ts` implements them.
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

export const ALERT_KINDS = Object.keys(ALERT_BOUNDS) as readonly AlertKind[];
