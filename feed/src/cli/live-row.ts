import type { LinkChannel } from '@tapedeck/market/link/link-channel';
/* What `tapedeck live` shows of one market: its best prices, and above all whether they can be trusted. */
import { DecimalScale } from '@tapedeck/market/number/decimal';
import type { MonotonicMs } from '@tapedeck/market/time/clock';
import type { TickerMessage } from '@tapedeck/market/wire/tape';

/**
 * The feed sends something for every market more often than this (P20a); after a longer silence the row is delayed.
 */
const DELAYED_MS = 5_000;

/** One market, as far as it is known here. */
export type WatchedMarket = {
  readonly book: LinkChannel;
  readonly ticker: TickerMessage | undefined;
  /** When its book last changed, local clock; undefined before the first change. */
  readonly changedAt: MonotonicMs | undefined;
};

/** One row of the table; prices are ticks. `ageMs` is the age of the newest change received. */
export type LiveRow = {
  readonly symbol: string;
  readonly state: string;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly last: number | null;
  readonly open24h: number | null;
  readonly ageMs: number | null;
  readonly tickSize: string | null;
};

/** `heardAt`: when anything last arrived over the link; undefined while it is cut. */
export function liveRow(
  market: WatchedMarket,
  heardAt: MonotonicMs | undefined,
  now: MonotonicMs,
): LiveRow {
  const { book, ticker, changedAt } = market;
  const held = book.mirror?.book;
  const hasBook = changedAt !== undefined && held !== undefined;
  return {
    symbol: book.parsed.symbol,
    state: stateOf(book, heardAt, now),
    bid: (hasBook ? held.bestBid?.[0] : undefined) ?? null,
    ask: (hasBook ? held.bestAsk?.[0] : undefined) ?? null,
    last: ticker?.last ?? null,
    open24h: ticker?.open24h ?? null,
    ageMs: changedAt === undefined ? null : Math.round(now - changedAt),
    tickSize: book.grid?.tickSize ?? null,
  };
}

/** Only `ok` means that the prices are true. */
function stateOf(book: LinkChannel, heardAt: MonotonicMs | undefined, now: MonotonicMs): string {
  if (heardAt === undefined) return 'CUT';
  const { phase, detail } = book;
  if (phase !== 'ok') return detail === '' ? phase : `${phase} (${detail})`;
  if (now - heardAt > DELAYED_MS) return 'delayed';
  const held = book.mirror?.book;
  if (held?.crossed === true) return 'crossed';
  return held?.locked === true ? 'locked' : 'ok';
}

const NOTHING = '-';
const HEAD = ['symbol', 'state', 'bid', 'ask', 'spread', 'last', '24h', 'age'];

/** Rows as a table, each column as wide as its widest text. */
export function liveTable(rows: readonly LiveRow[]): readonly string[] {
  const cells = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((text, column) => {
        const width = widths[column] ?? 0;
        // Text is aligned left, numbers right.
        return column < 2 ? text.padEnd(width) : text.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

function cellsOf({ symbol, state, bid, ask, last, open24h, ageMs, tickSize }: LiveRow): string[] {
  const scale = new DecimalScale(tickSize ?? '1');
  const price = (ticks: number | null): string => (ticks === null ? NOTHING : scale.toText(ticks));
  const spread = bid === null || ask === null ? null : ask - bid;
  const percent =
    last === null || open24h === null || open24h === 0 ? undefined : (last / open24h - 1) * 100;
  return [
    symbol,
    state,
    price(bid),
    price(ask),
    price(spread),
    price(last),
    percent === undefined ? NOTHING : `${percent < 0 ? '' : '+'}${percent.toFixed(2)} %`,
    ageMs === null ? NOTHING : `${(ageMs / 1_000).toFixed(1)} s`,
  ];
}
