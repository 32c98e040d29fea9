'use client';
import { Menu } from '@base-ui/react/menu';
import clsx from 'clsx';
import { Menu as MenuGlyph } from 'lucide-react';
import { useRouter } from 'next/navigation';

import { ROUTES, type RouteEntry } from './routes.ts';

/** The routes as a menu, open from the start: it is loaded by the click that opens it. */
export function SmallMenu(props: {
  readonly active: string | undefined;
  readonly pathOf: (route: RouteEntry) => string;
}) {
  const router = useRouter();
  return (
    <Menu.Root defaultOpen>
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
