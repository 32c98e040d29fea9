/** The curve is in the upper half of the scrubber, the volume bars below it. */
const TOP = 4;
const BOTTOM = 20;

/**
 * A spread curve as an SVG path in a box of 100 x 40: narrow at the bottom, wide at the top, on a root scale, broken
 * where there was no book. Empty if there is nothing to distinguish.
 */
export function spreadPath(spread: readonly (number | null)[]): string {
  const known = spread.filter((ticks) => ticks !== null);
  const widest = Math.max(0, ...known);
  if (known.length < 2 || widest <= 0) return '';
  const step = 100 / spread.length;
  let isDown = false;
  return spread
    .map((ticks, index) => {
      if (ticks === null) {
        isDown = false;
        return '';
      }
      // A crossed book is no wider than a locked one.
      const height = Math.sqrt(Math.max(0, ticks) / widest) * (BOTTOM - TOP);
      const verb = isDown ? 'L' : 'M';
      isDown = true;
      return `${verb}${((index + 0.5) * step).toFixed(2)} ${(BOTTOM - height).toFixed(2)}`;
    })
    .join('');
}
