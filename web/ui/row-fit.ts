/** What fits in a row of a given width without figures touching each other or being cut. */
export type RowFit = 'full' | 'no-total' | 'compact';

/** 12 px mono advances 7.2 px, 11 px mono 6.6 px. */
const FIGURE_PX = 7.2;
const SMALL_FIGURE_PX = 6.6;
const PADDING_PX = 16;
/** A sum has at most six characters (`sumText`); without a gap, size and sum would read as one number. */
const TOTAL_PX = 6 * SMALL_FIGURE_PX + 6;
const TIME_PX = 12 * SMALL_FIGURE_PX;
const SHORT_TIME_PX = 8 * SMALL_FIGURE_PX;

/** How a ladder of `widthPx` shows sizes of up to `characters`, with the price between its halves. */
export function ladderFit(widthPx: number, pricePx: number, characters: number): RowFit {
  // Not measured yet.
  if (widthPx === 0) return 'full';
  const room = (widthPx - pricePx) / 2 - PADDING_PX - characters * FIGURE_PX;
  if (room >= TOTAL_PX) return 'full';
  return room >= 0 ? 'no-total' : 'compact';
}

/** How a tape shows its rows: with milliseconds, with seconds, or with seconds and sizes like `1.2M`. */
export function tapeFit(widthPx: number, price: number, size: number): RowFit {
  if (widthPx === 0) return 'full';
  // Two gaps, the side's glyph, and a count of merged prints.
  const other = PADDING_PX + 16 + 10 + 22 + (price + size) * FIGURE_PX;
  if (widthPx >= other + TIME_PX) return 'full';
  return widthPx >= other + SHORT_TIME_PX ? 'no-total' : 'compact';
}
