import type { EpochMs } from '@tapedeck/market/number/level';

/** No feed is older; an earlier date is a mistake, such as that of 1970. */
const EARLIEST: EpochMs = Date.UTC(1995, 0, 1);
/** Zone names in use beside those that the language's own parser knows (GMT, UTC, EST to PDT). */
const ZONES: Readonly<Record<string, string>> = {
  BST: '+0100',
  CET: '+0100',
  CEST: '+0200',
  EET: '+0200',
  EEST: '+0300',
  MSK: '+0300',
  HKT: '+0800',
  SGT: '+0800',
  JST: '+0900',
  KST: '+0900',
  AEST: '+1000',
  AEDT: '+1100',
};
const NAMED_ZONE = /\s([A-Z]{3,4})$/;
const ANY_ZONE = /(?:Z|[A-Z]{2,4}|[+-]\d{2}:?\d{2})\)?$/i;

/**
 * The time of an RSS or Atom date (RFC 822 or RFC 3339), or undefined if it cannot be one. A date without a zone is
 * UTC, never the time zone of this machine.
 */
export function newsTime(text: string | undefined): EpochMs | undefined {
  const given = text?.trim() ?? '';
  if (given.length < 8 || given.length > 60) return undefined;
  const [zone, name = ''] = NAMED_ZONE.exec(given) ?? [];
  const offset = ZONES[name];
  const dated = offset === undefined ? given : given.slice(0, -(zone?.length ?? 0)) + ` ${offset}`;
  const time = Date.parse(withZone(dated));
  return Number.isNaN(time) || time < EARLIEST ? undefined : time;
}

function withZone(text: string): string {
  // A date without a time is UTC already where it has the form of ISO 8601.
  if (ANY_ZONE.test(text) || /^\d{4}-\d{2}(-\d{2})?$/.test(text)) return text;
  return /^\d{4}-\d{2}-\d{2}[T ]\d/.test(text) ? `${text.replace(' ', 'T')}Z` : `${text} GMT`;
}
