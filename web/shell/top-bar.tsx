'use client';
import clsx from 'clsx';
import { Bell, Menu as MenuGlyph, Search, Settings } from 'lucide-react';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { usePathname, useRouter } from 'next/navigation';
import { useState, useSyncExternalStore } from 'react';

import { lastSymbol } from '../address/last-symbol.ts';
import { useInstruments, useMode } from '../live/live.ts';
import { notices, unreadOf } from '../notices/notification-store.ts';
import { LogoMark } from '../ui/logo.tsx';
import { symbolPath } from '../ui/symbol-text.tsx';
import { routeOf, ROUTES, type RouteEntry } from './routes.ts';
import { overlay } from './shell-signals.ts';
import { SourceBadge } from './source-badge.tsx';

// The small screens' menu is loaded when it is opened.
const SmallMenu = dynamic(() => import('./small-menu.tsx').then((m) => m.SmallMenu), {
  ssr: false,
  loading: () => <MenuGlyph size={16} aria-hidden className="m-1 text-soft" />,
});

/** Logo, routes, search, bell, and whether the page is live or a replay. */
export function TopBar() {
  const path = usePathname();
  const active = routeOf(path);
  const instruments = useInstruments().filter((one) => one.state !== 'recorded');
  const mode = useMode();
  const router = useRouter();
  const [menu, setMenu] = useState(false);
  const pathOf = (route: RouteEntry): string => {
    if (route.name !== 'trade') return route.path;
    // In a replay the instruments are those of the session, which may have no live page.
    const symbol = mode === 'live' ? lastSymbol(instruments.map((one) => one.symbol)) : undefined;
    return symbol === undefined ? '/' : symbolPath(symbol);
  };
  const shown = ROUTES.filter((route) => route.hidden !== true);
  return (
    <header className="flex h-10 shrink-0 items-center gap-1 border-b border-line bg-bg pr-1 pl-3 md:pr-2">
      <Link
        href="/"
        prefetch={false}
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
            // Every page's code at once would weigh more than the page itself: it is loaded on hover.
            prefetch={false}
            onPointerEnter={() => router.prefetch(pathOf(route))}
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
          prefetch={false}
          aria-label="Settings"
          className="control control-quiet control-icon hidden lg:inline-flex"
        >
          <Settings size={15} aria-hidden />
        </Link>
        {menu ? (
          <SmallMenu active={active} pathOf={pathOf} />
        ) : (
          <button
            type="button"
            className="control control-quiet control-icon lg:hidden"
            aria-label="Pages"
            aria-haspopup="menu"
            onClick={() => setMenu(true)}
          >
            <MenuGlyph size={16} aria-hidden />
          </button>
        )}
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
