import { expect, test } from 'vitest';

import { sceneAt, scenesOf, shiftAt, spansOf, widthOf } from './scenes.ts';

const names = (count: number) => Array.from({ length: count }, (_, n) => `S${n}@sim`);

test('no scene has more than six tiles and none is empty', () => {
  for (let count = 0; count <= 40; count++) {
    const scenes = scenesOf(names(count));
    expect(scenes.flat()).toEqual(names(count));
    for (const scene of scenes) {
      expect(scene.length).toBeGreaterThan(0);
      expect(scene.length).toBeLessThanOrEqual(6);
    }
  }
});

test('scenes are of even size', () => {
  expect(scenesOf(names(8)).map((scene) => scene.length)).toEqual([4, 4]);
  expect(scenesOf(names(7)).map((scene) => scene.length)).toEqual([4, 3]);
});

test('scenes wrap around at both ends', () => {
  expect(sceneAt(1, 1, 2)).toBe(0);
  expect(sceneAt(0, -1, 3)).toBe(2);
  expect(sceneAt(5, 0, 0)).toBe(0);
});

test('every scene fills whole rows of the grid’s six columns', () => {
  for (let tiles = 1; tiles <= 6; tiles++) {
    const spans = spansOf(tiles);
    expect(spans).toHaveLength(tiles);
    expect(spans.reduce((sum, span) => sum + span, 0) % 6).toBe(0);
  }
});

test('a longer price is wider, and a point is narrower than a digit', () => {
  expect(widthOf('66,886.5')).toBeCloseTo(6 * 0.65 + 2 * 0.3, 9);
  expect(widthOf('0.0000012754')).toBeGreaterThan(widthOf('152.78'));
});

test('the shift stays within eight pixels', () => {
  for (let now = 0; now < 600_000; now += 7_919)
    for (const part of shiftAt(now)) expect(Math.abs(part)).toBeLessThanOrEqual(8);
});
