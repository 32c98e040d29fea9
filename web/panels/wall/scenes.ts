/** Most tiles that one scene may show: more cannot be read across a room. */
export const TILES_PER_SCENE = 6;

/** The symbols cut into scenes, as even as possible: 8 become 4 and 4, not 6 and 2. */
export function scenesOf(symbols: readonly string[]): readonly (readonly string[])[] {
  if (symbols.length === 0) return [];
  const count = Math.ceil(symbols.length / TILES_PER_SCENE);
  const each = Math.ceil(symbols.length / count);
  return Array.from({ length: count }, (_, index) =>
    symbols.slice(index * each, (index + 1) * each),
  ).filter((scene) => scene.length > 0);
}

/** Columns of a scene's grid on a wide screen. */
export function columnsOf(tiles: number): number {
  if (tiles <= 1) return 1;
  return tiles <= 4 ? 2 : 3;
}

/** Scene `index` steps on, around the end. */
export function sceneAt(index: number, by: number, count: number): number {
  return count === 0 ? 0 : (((index + by) % count) + count) % count;
}

/** Where the stage stands at `now` against burn-in: up to 8 px from the middle, once around in ten minutes. */
export function shiftAt(now: number): readonly [x: number, y: number] {
  const turn = ((now % 600_000) / 600_000) * 2 * Math.PI;
  return [Math.round(Math.cos(turn) * 8), Math.round(Math.sin(turn) * 8)];
}
