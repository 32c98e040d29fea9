/** Themes that `/wall?theme=` takes; dark without one. A name that is not among them is dark too. */
export const WALL_THEMES = ['dark', 'light'] as const;
export type WallTheme = (typeof WALL_THEMES)[number];

/** Behind the tiles, from the first byte of the page on. Black itself: a wall glows in a dark room. */
export const WALL_BACKGROUND: Readonly<Record<WallTheme, string>> = {
  dark: '#000000',
  light: '#ffffff',
};

/** The theme that an address asks for. */
export function wallTheme(asked: string | readonly string[] | undefined): WallTheme {
  return WALL_THEMES.find((theme) => theme === asked) ?? 'dark';
}
