/** The routes of the shell: the order of the top bar, and the letter that follows `g`. */
export type RouteName =
  | 'overview'
  | 'trade'
  | 'replay'
  | 'history'
  | 'news'
  | 'alerts'
  | 'status'
  | 'wall'
  | 'settings';
export type RouteEntry = {
  readonly name: RouteName;
  readonly text: string;
  readonly path: string;
  readonly key?: string;
  /** Not in the top bar: reached by its icon, the palette or its key. */
  readonly hidden?: boolean;
};

export const ROUTES: readonly RouteEntry[] = [
  { name: 'overview', text: 'Overview', path: '/', key: 'o' },
  { name: 'trade', text: 'Trade', path: '/s', key: 's' },
  { name: 'replay', text: 'Replay', path: '/replay', key: 'r' },
  { name: 'history', text: 'History', path: '/history' },
  { name: 'news', text: 'News', path: '/news', key: 'n' },
  { name: 'alerts', text: 'Alerts', path: '/alerts', key: 'a' },
  { name: 'status', text: 'Status', path: '/status', key: 't' },
  { name: 'wall', text: 'Wall', path: '/wall', key: 'w' },
  { name: 'settings', text: 'Settings', path: '/settings', hidden: true },
];

/** The route of a path. */
export function routeOf(path: string): RouteName | undefined {
  if (path === '/') return 'overview';
  return ROUTES.find(
    (route) => route.path !== '/' && (path === route.path || path.startsWith(`${route.path}/`)),
  )?.name;
}
