/*
 * Which of Binance's three markets a file of its public archive belongs to. Spot, USD-M and COIN-M use the same file
 * names and symbols, and no row says which it is. What distinguishes them, by the archive's own description:
 *
 *   folders   data/spot/, data/futures/um/, data/futures/cm/
 *   name      COIN-M is quoted in USD, the contract follows (BTCUSD_PERP, BTCUSD_240628); so does a delivery of USD-M
 *             (BTCUSDT_240628); spot has no underscore
 *   header    futures files have one, spot files have none; `base_qty` is COIN-M's
 *   columns   spot rows end with "best match": 7 for a trade, 8 for an aggregate; futures rows have one less
 *
 * Spot writes prices and sizes with eight decimals, futures without trailing zeros: a file with eight decimals may be
 * spot's with a header that somebody added. https://github.com/binance/binance-public-data
 */
import { describeMarket } from '../../venue/binance/binance-market.ts';
import type { VenueMarket } from '../../venue/venue-market.ts';
import { fieldsOf } from '../read/csv-row.ts';
import type { FileBeginning } from './recording-format.ts';

const VENUES = ['binance', 'binance-usdm', 'binance-coinm'] as const;
type Venue = (typeof VENUES)[number];
const NAMES: Readonly<Record<Venue, string>> = {
  binance: 'spot',
  'binance-usdm': 'USD-M',
  'binance-coinm': 'COIN-M',
};

/** Something in the file that is consistent with some of the venues only. */
type Evidence = { readonly what: string; readonly venues: readonly Venue[] };

/** `SYMBOL-trades-DATE`, `SYMBOL-aggTrades-DATE`, `SYMBOL-1m-DATE`. */
const NAME = /^([\p{L}\p{N}]+(?:_[\p{L}\p{N}]+)?)-(?:trades|aggTrades|\d{1,2}(?:s|m|h|d|w|mo))-/u;
const CONTRACT = /^(.+)_(?:PERP|\d{6})$/;
const NAMED_USDM = /(^|[-_.])(um|usdm)([-_.]|$)/i;
const NAMED_COINM = /(^|[-_.])(cm|coinm)([-_.]|$)/i;
const FOLDERS: readonly (readonly [RegExp, Venue])[] = [
  [/(^|[\\/])futures[\\/]um[\\/]|(^|[\\/])um[\\/](daily|monthly)[\\/]/i, 'binance-usdm'],
  [/(^|[\\/])futures[\\/]cm[\\/]|(^|[\\/])cm[\\/](daily|monthly)[\\/]/i, 'binance-coinm'],
  [/(^|[\\/])spot[\\/](daily|monthly)[\\/]/i, 'binance'],
];
const EIGHT_DECIMALS = /^\d+\.\d{8}$/;
const FUTURES = ['binance-usdm', 'binance-coinm'] as const;

/** The market that the file's name gives; undefined if it gives none. */
export function archiveMarket(file: FileBeginning): VenueMarket | undefined {
  const market = NAME.exec(file.file)?.[1];
  return market === undefined ? undefined : marketAt(market, file);
}

/** A market of that name at the venue the file belongs to. */
export function marketAt(market: string, file: FileBeginning): VenueMarket {
  const evidence = evidenceOf(market, file);
  const venue = venuesOf(evidence)[0] ?? 'binance';
  // A name alone proves nothing: spot and USD-M both use it.
  const isGuess = venue === 'binance' && evidence.every(({ venues }) => venues.length > 1);
  return { ...describeMarket(market, venue), isGuess };
}

/** Why the file's market cannot be determined; undefined if it can. */
export function archiveQuestion(file: FileBeginning): string | undefined {
  const market = NAME.exec(file.file)?.[1];
  if (market === undefined) return undefined;
  const evidence = evidenceOf(market, file);
  if (venuesOf(evidence).length > 0) return undefined;
  const said = evidence.map(({ what, venues }) => `${what} ${namesOf(venues)}`);
  return whichMarket(market, `${said.join(', ')}, which contradict each other`);
}

/** The question, with all possible answers. */
export function whichMarket(market: string, why: string): string {
  const answers = VENUES.map((venue) => `${market}@${venue} (${NAMES[venue]})`);
  return `which market is it of? ${why}: say it with --symbol ${answers.join(' or ')}`;
}

function venuesOf(evidence: readonly Evidence[]): readonly Venue[] {
  return VENUES.filter((venue) => evidence.every(({ venues }) => venues.includes(venue)));
}

function namesOf(venues: readonly Venue[]): string {
  return venues.map((venue) => NAMES[venue]).join(' or ');
}

function evidenceOf(market: string, { lines, file, path }: FileBeginning): readonly Evidence[] {
  const evidence: Evidence[] = [];
  const pair = CONTRACT.exec(market)?.[1];
  const byName: readonly Venue[] =
    pair === undefined
      ? ['binance', 'binance-usdm']
      : [pair.endsWith('USD') ? 'binance-coinm' : 'binance-usdm'];
  evidence.push({ what: `the name ${market} says`, venues: byName });
  const rest = file.slice(market.length);
  if (NAMED_USDM.test(rest)) evidence.push({ what: 'its name says', venues: ['binance-usdm'] });
  if (NAMED_COINM.test(rest)) evidence.push({ what: 'its name says', venues: ['binance-coinm'] });
  for (const [folder, venue] of FOLDERS)
    if (folder.test(path)) evidence.push({ what: 'its folders say', venues: [venue] });
  const byColumns = columnsOf(lines);
  if (byColumns !== undefined) evidence.push({ what: 'its columns say', venues: byColumns });
  return evidence;
}

/** What header and columns say. */
function columnsOf(lines: readonly string[]): readonly Venue[] | undefined {
  const [first = ''] = lines;
  const header = /^[a-z]/i.test(first) ? fieldsOf(first) : undefined;
  const rows = (header === undefined ? lines : lines.slice(1)).map(fieldsOf);
  const isPadded = rows.every(
    ([, price = '', size = '']) => EIGHT_DECIMALS.test(price) && EIGHT_DECIMALS.test(size),
  );
  if (header?.includes('base_qty') === true) return ['binance-coinm'];
  const count = (header ?? rows[0] ?? []).length;
  if (count === 8 || header?.includes('is_best_match') === true) return ['binance'];
  if (rows.length > 0 && isPadded) return undefined;
  return header === undefined ? columnsOfRow(rows[0] ?? []) : columnsOfHeader(header);
}

function columnsOfHeader(header: readonly string[]): readonly Venue[] {
  return header.length === 6 && header.includes('quote_qty') ? ['binance-usdm'] : FUTURES;
}

function columnsOfRow(row: readonly string[]): readonly Venue[] | undefined {
  if (row.length === 6) return FUTURES;
  // A spot trade, or a futures aggregate, whose fifth field is a trade id and not a time.
  if (row.length === 7) return /^\d{13,}$/.test(row[4] ?? '') ? ['binance'] : FUTURES;
  return undefined;
}
