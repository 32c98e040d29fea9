import type { LinkChannel } from '@tapedeck/market/link/link-channel';
/* What `tapedeck live` says of one market: its best prices, and first of all whether they may be believed. */
import { DecimalScale } from '@tapedeck/market/number/decimal';
import type { MonotonicMs } from '@tapedeck/market/time/clock';
import type { TickerMessage } from '@tapedeck/market/wire/tape';

/** A busy or quiet market is heard of more often than this (P20a): after it what is shown is called delayed. */
const DELAYED_MS = 5_000;

/** One market, as it is known here. */
export type WatchedMarket = {
  readonly book: LinkChannel;
  readonly ticker: TickerMessage | undefined;
  /** When a change of its book came last, local clock; undefined before the first. */
  readonly changedAt: MonotonicMs | undefined;
};

/** What one drawing says; prices are ticks. `ageMs` of the newest change that came. */
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

/** `heardAt`: when anything came over the link; undefined while it is cut. */
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

/** Only `ok` may be taken for true. */
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

/** Rows as a table whose columns stand as wide as their widest text. */
export function liveTable(rows: readonly LiveRow[]): readonly string[] {
  const cells = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((text, column) => {
        const width = widths[column] ?? 0;
        // Words stand left, numbers right.
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
