/** Themes of `/wall?theme=`; without one, or with an unknown name, the wall is dark. */
export const WALL_THEMES = ['dark', 'light'] as const;
export type WallTheme = (typeof WALL_THEMES)[number];

/** Behind the tiles, from the first byte of the page. Pure black: a wall glows in a dark room. */
export const WALL_BACKGROUND: Readonly<Record<WallTheme, string>> = {
  dark: '#000000',
  light: '#ffffff',
};

/** The theme in an address. */
export function wallTheme(asked: string | readonly string[] | undefined): WallTheme {
  return WALL_THEMES.find((theme) => theme === asked) ?? 'dark';
}
