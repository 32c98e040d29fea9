'use client';
import dynamic from 'next/dynamic';
import { useEffect, useSyncExternalStore, type ReactNode } from 'react';
import { ErrorBoundary } from 'react-error-boundary';

import { applySettings, useSettings } from '../hooks/use-settings.ts';
import { Footer } from './footer.tsx';
import { LinkNotice } from './link-notice.tsx';
import { ShellKeys } from './shell-keys.tsx';
import { overlay, spoken } from './shell-signals.ts';
import { TopBar } from './top-bar.tsx';

// Not needed to show a price: loaded on first use.
const CommandPalette = dynamic(
  () => import('./command-palette.tsx').then((m) => m.CommandPalette),
  {
    ssr: false,
  },
);
const ShortcutSheet = dynamic(() => import('./shortcut-sheet.tsx').then((m) => m.ShortcutSheet), {
  ssr: false,
});
const NotificationDrawer = dynamic(
  () => import('./notification-drawer.tsx').then((m) => m.NotificationDrawer),
  { ssr: false },
);

/** Frame of every page but the wall. Reads the deck around it: in a replay it shows only the replay's figures. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const settings = useSettings();
  useEffect(() => {
    applySettings(settings);
    if (settings.theme !== 'system') return undefined;
    const list = matchMedia('(prefers-color-scheme: light)');
    const follow = () => applySettings(settings);
    list.addEventListener('change', follow);
    return () => list.removeEventListener('change', follow);
  }, [settings]);
  return (
    <div className="flex h-dvh flex-col overflow-hidden">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-[80] focus:bg-raised focus:p-2"
      >
        Skip to the content
      </a>
      <TopBar />
      <LinkNotice />
      <main id="main" tabIndex={-1} className="flex min-h-0 flex-1 flex-col">
        {children}
      </main>
      <Footer />
      <ShellKeys />
      {/* Loaded on first use: if the web cannot be reached then, the page goes on without it. */}
      <ErrorBoundary fallback={null}>
        <Overlays />
      </ErrorBoundary>
      <Spoken />
    </div>
  );
}

function Overlays() {
  const open = useSyncExternalStore(
    overlay.subscribe,
    () => overlay.value,
    () => undefined,
  );
  if (open === 'palette' || open === 'search') return <CommandPalette mode={open} />;
  if (open === 'shortcuts') return <ShortcutSheet />;
  if (open === 'notifications') return <NotificationDrawer />;
  return null;
}

function Spoken() {
  const text = useSyncExternalStore(
    spoken.subscribe,
    () => spoken.value,
    () => '',
  );
  return (
    <div role="status" aria-live="polite" data-testid="spoken" className="sr-only">
      {text}
    </div>
  );
}
