/*
 * WCAG 2.2, 1.4.3: text has a contrast of at least 4.5 to its background, in every theme and palette, on plain
 * surfaces and on the tints that market colours put over them.
 */
import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';

const LEAST = 4.5;
const TEXTS = ['text', 'text-2', 'text-3', 'delayed', 'info', 'replay', 'ok', 'bad', 'up-text'];
const SURFACES = ['bg', 'surface', 'raised'];
/** The bar of a sum lies over the bar of a level in a ladder's row. */
const SUM_TINT = 0.09;

type Colours = Readonly<Record<string, string>>;

/** The style sheet's rules outside media queries: selectors and custom properties. */
function rules(
  css: string,
): readonly { readonly selectors: readonly string[]; readonly values: Colours }[] {
  const plain = css
    .replace(/\/\*[^]*?\*\//g, '')
    .replace(/@media[^{]*\{(?:[^{}]*\{[^}]*\})*[^}]*\}/g, '');
  return [...plain.matchAll(/([^{}]+)\{([^}]*)\}/g)].map(([, selectors = '', body = '']) => ({
    selectors: selectors.split(',').map((each) => each.trim()),
    values: Object.fromEntries(
      [...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    ),
  }));
}

const RULES = rules(readFileSync(new URL('tokens.css', import.meta.url), 'utf8'));

/** The document's colours by the cascade: a later rule wins, except over one with more attributes. */
function coloursOf(theme: string, palette: string): Colours {
  const matching = RULES.flatMap(({ selectors, values }) => {
    const weights = selectors
      .filter((selector) =>
        [...selector.matchAll(/\[data-(\w+)='(\w+)'\]/g)].every(
          ([, name, value]) => value === { theme, palette, density: 'comfortable' }[name ?? ''],
        ),
      )
      .map((selector) => selector.split('[').length);
    return weights.length === 0 ? [] : [{ weight: Math.max(...weights), values }];
  });
  return Object.assign(
    {},
    ...matching.toSorted((a, b) => a.weight - b.weight).map(({ values }) => values),
  ) as Colours;
}

type Rgb = readonly [number, number, number];

function rgb(colours: Colours, name: string): Rgb {
  const hex = must(colours[name], name);
  const at = (from: number): number => Number.parseInt(hex.slice(from, from + 2), 16);
  return [at(1), at(3), at(5)];
}

function over([r, g, b]: Rgb, alpha: number, [r0, g0, b0]: Rgb): Rgb {
  const mix = (a: number, c: number): number => a * alpha + c * (1 - alpha);
  return [mix(r, r0), mix(g, g0), mix(b, b0)];
}

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((each) => {
    const c = each / 255;
    return c <= 0.040_45 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].toSorted((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const LOOKS = ['dark', 'light'].flatMap((theme) =>
  ['default', 'distinct', 'mono'].map((palette) => [theme, palette] as const),
);

test.each(LOOKS)('text can be read: %s, %s', (theme, palette) => {
  const colours = coloursOf(theme, palette);
  const poor: string[] = [];
  const judge = (text: string, ground: Rgb, where: string): void => {
    const ratio = contrast(rgb(colours, text), ground);
    if (ratio < LEAST) poor.push(`--${text} on ${where}: ${ratio.toFixed(2)}`);
  };
  for (const text of [...TEXTS, 'down-text'])
    for (const surface of SURFACES) judge(text, rgb(colours, surface), `--${surface}`);
  const share = (name: string): number => Number.parseFloat(must(colours[name], name)) / 100;
  const surface = rgb(colours, 'surface');
  for (const side of ['up', 'down']) {
    const tint = rgb(colours, side);
    judge(`${side}-text`, over(tint, share('cell-alpha'), surface), `a cell tinted by --${side}`);
    // Sizes and sums are drawn on both bars of a ladder's row.
    const bars = over(tint, share('bar-alpha'), over(tint, SUM_TINT, surface));
    for (const text of ['text', 'text-2']) judge(text, bars, `the bars of --${side}`);
  }
  expect(poor).toEqual([]);
});
