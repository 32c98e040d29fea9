'use client';
import { Menu } from '@base-ui/react/menu';
import clsx from 'clsx';
import { Bell, Menu as MenuGlyph, Search, Settings } from 'lucide-react';
import Link from 'next/link';
import { usePathname, useRouter } from 'next/navigation';
import { useSyncExternalStore } from 'react';

import { useInstruments, useMode } from '../../live/live.ts';
import { LogoMark } from '../../ui/logo.tsx';
import { symbolPath } from '../../ui/symbol-text.tsx';
import { lastSymbol } from './last-symbol.ts';
import { notices, unreadOf } from './notification-store.ts';
import { routeOf, ROUTES, type RouteEntry } from './routes.ts';
import { overlay } from './shell-signals.ts';
import { SourceBadge } from './source-badge.tsx';

/** Logo, routes, search, bell, and whether what is shown is live or a replay. */
export function TopBar() {
  const path = usePathname();
  const active = routeOf(path);
  const instruments = useInstruments();
  const mode = useMode();
  const pathOf = (route: RouteEntry): string => {
    if (route.name !== 'trade') return route.path;
    // In a replay the instruments are those of the session: the live page of one may not exist.
    const symbol = mode === 'live' ? lastSymbol(instruments.map((one) => one.symbol)) : undefined;
    return symbol === undefined ? '/' : symbolPath(symbol);
  };
  const shown = ROUTES.filter((route) => route.hidden !== true);
  return (
    <header className="flex h-10 shrink-0 items-center gap-1 border-b border-line bg-bg pr-1 pl-3 md:pr-2">
      <Link
        href="/"
        className="mr-3 flex items-center gap-2 text-text"
        aria-label="Tapedeck, overview"
      >
        <LogoMark />
        <span className="text-title font-[650] tracking-[-0.01em]">Tapedeck</span>
      </Link>
      <nav aria-label="Pages" className="hidden h-full items-stretch lg:flex">
        {shown.map((route) => (
          <Link
            key={route.name}
            href={pathOf(route)}
            aria-current={route.name === active ? 'page' : undefined}
            className={clsx(
              'relative flex items-center px-2.5 text-body',
              route.name === active
                ? 'text-text after:absolute after:inset-x-2.5 after:bottom-0 after:h-px after:bg-text'
                : 'text-faint hover:text-text',
            )}
          >
            {route.text}
          </Link>
        ))}
      </nav>
      <div className="ml-auto flex items-center gap-1">
        <SourceBadge />
        <button
          type="button"
          className="control hidden w-44 justify-start text-faint md:inline-flex"
          onClick={() => overlay.set('search')}
        >
          <Search size={13} aria-hidden />
          Search symbol
          <kbd className="ml-auto">/</kbd>
        </button>
        <button
          type="button"
          className="control control-quiet control-icon md:hidden"
          aria-label="Search symbol"
          onClick={() => overlay.set('search')}
        >
          <Search size={15} aria-hidden />
        </button>
        <BellButton />
        <Link
          href="/settings"
          aria-label="Settings"
          className="control control-quiet control-icon hidden lg:inline-flex"
        >
          <Settings size={15} aria-hidden />
        </Link>
        <SmallMenu active={active} pathOf={pathOf} />
      </div>
    </header>
  );
}

function BellButton() {
  const unread = useSyncExternalStore(
    notices.subscribe,
    () => unreadOf(notices.value),
    () => 0,
  );
  return (
    <button
      type="button"
      data-testid="bell"
      data-unread={unread}
      className="control control-quiet control-icon relative"
      aria-label={unread === 0 ? 'Notifications' : `Notifications, ${unread} unread`}
      onClick={() => overlay.set(overlay.value === 'notifications' ? undefined : 'notifications')}
    >
      <Bell size={15} aria-hidden />
      {unread > 0 && (
        <span className="num absolute -top-0.5 -right-0.5 min-w-4 rounded-sm bg-info px-0.5 text-center text-[10px] leading-[14px] font-semibold text-bg">
          {unread > 99 ? '99+' : unread}
        </span>
      )}
    </button>
  );
}

function SmallMenu(props: {
  readonly active: string | undefined;
  readonly pathOf: (route: RouteEntry) => string;
}) {
  const router = useRouter();
  return (
    <Menu.Root>
      <Menu.Trigger className="control control-quiet control-icon lg:hidden" aria-label="Pages">
        <MenuGlyph size={16} aria-hidden />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} align="end" className="z-50">
          <Menu.Popup className="popup w-48 py-1">
            {ROUTES.map((route) => (
              <Menu.Item
                key={route.name}
                className={clsx('menu-row min-h-9', route.name === props.active && '!text-text')}
                onClick={() => router.push(props.pathOf(route))}
              >
                {route.text}
                {route.name === props.active && <span className="ml-auto text-faint">·</span>}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
