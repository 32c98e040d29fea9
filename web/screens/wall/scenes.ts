/** Most tiles per scene: more cannot be read across a room. */
const TILES_PER_SCENE = 6;

/** The symbols cut into scenes, as evenly as possible: 8 become 4 and 4, not 6 and 2. */
export function scenesOf(symbols: readonly string[]): readonly (readonly string[])[] {
  if (symbols.length === 0) return [];
  const count = Math.ceil(symbols.length / TILES_PER_SCENE);
  const each = Math.ceil(symbols.length / count);
  return Array.from({ length: count }, (_, index) =>
    symbols.slice(index * each, (index + 1) * each),
  ).filter((scene) => scene.length > 0);
}

/** How many of the grid's six columns each tile spans: every scene fills its screen without a hole. */
const SPANS: Readonly<Record<number, readonly number[]>> = {
  1: [6],
  2: [3, 3],
  3: [2, 2, 2],
  4: [3, 3, 3, 3],
  5: [3, 3, 2, 2, 2],
  6: [2, 2, 2, 2, 2, 2],
};

export function spansOf(tiles: number): readonly number[] {
  return SPANS[tiles] ?? [];
}

/** Width of a price in em of the wall's font: digits are wide, points and commas narrow. */
export function widthOf(price: string): number {
  let width = 0;
  for (const character of price) width += /[.,\u202f]/.test(character) ? 0.3 : 0.65;
  return width;
}

/** The scene `by` steps from `index`, wrapping around. */
export function sceneAt(index: number, by: number, count: number): number {
  return count === 0 ? 0 : (((index + by) % count) + count) % count;
}

/** Offset of the stage at `now`, against burn-in: up to 8 px from the middle, one turn in ten minutes. */
export function shiftAt(now: number): readonly [x: number, y: number] {
  const turn = ((now % 600_000) / 600_000) * 2 * Math.PI;
  return [Math.round(Math.cos(turn) * 8), Math.round(Math.sin(turn) * 8)];
}
