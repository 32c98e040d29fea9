'use client';
import { Dialog } from '@base-ui/react/dialog';
import { useQuery } from '@tanstack/react-query';
import { Command } from 'cmdk';
import { Search } from 'lucide-react';
import { usePathname, useRouter } from 'next/navigation';

import { lastSymbol } from '../address/last-symbol.ts';
import { sessionNames } from '../format/session-names.ts';
import { dateText } from '../format/time-text.ts';
import { changeSettings, useSettings } from '../hooks/use-settings.ts';
import { useInstruments, useMode } from '../live/live.ts';
import { sessionsQuery } from '../queries/sessions.ts';
import { SymbolText, symbolPath } from '../ui/symbol-text.tsx';
import { ROUTES } from './routes.ts';
import { overlay, type Overlay } from './shell-signals.ts';

/** Exact before prefix before suffix before anywhere; no fuzzy matches, so that a ticker is found by its letters. */
function rank(value: string, search: string): number {
  const text = value.toLowerCase();
  const wanted = search.trim().toLowerCase();
  if (text === wanted) return 1;
  if (text.startsWith(wanted)) return 0.9;
  if (text.split(/[\s@/-]/).some((word) => word.startsWith(wanted))) return 0.7;
  return text.includes(wanted) ? 0.5 : 0;
}

/** Ctrl K: everything by name. `/`: symbols only. */
export function CommandPalette({
  mode,
}: {
  readonly mode: Extract<Overlay, 'palette' | 'search'>;
}) {
  const router = useRouter();
  const path = usePathname();
  const replay = useMode() === 'replay';
  // On a recording its own symbols are offered, elsewhere those with a live page.
  const instruments = useInstruments().filter((one) => replay || one.state !== 'recorded');
  const { theme } = useSettings();
  const close = () => overlay.set(undefined);
  const go = (path: string) => {
    close();
    router.push(path);
  };
  const all = mode === 'palette';
  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-50 bg-bg/70" />
        <Dialog.Popup className="popup fixed top-[12vh] left-1/2 z-50 w-[min(560px,calc(100vw-24px))] -translate-x-1/2">
          <Dialog.Title className="sr-only">
            {all ? 'Command palette' : 'Symbol search'}
          </Dialog.Title>
          <Command label={all ? 'Commands' : 'Symbols'} loop filter={rank}>
            <div className="flex h-11 items-center gap-2 border-b border-line px-3">
              <Search size={14} className="text-faint" aria-hidden />
              <Command.Input
                autoFocus
                placeholder={all ? 'Symbol, page, session, setting\u2026' : 'Symbol\u2026'}
                className="h-full flex-1 bg-transparent text-title outline-none placeholder:text-faint"
              />
              <kbd>Esc</kbd>
            </div>
            <Command.List className="max-h-[56vh] overflow-auto py-1 [&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-micro [&_[cmdk-group-heading]]:text-faint">
              <Command.Empty className="p-4 text-center text-table text-faint">
                Nothing matches.
              </Command.Empty>
              <Command.Group heading="Symbols">
                {instruments.map((instrument) => (
                  <Command.Item
                    key={instrument.symbol}
                    value={instrument.symbol}
                    onSelect={() =>
                      go(
                        replay
                          ? `${path}?sym=${encodeURIComponent(instrument.symbol)}`
                          : symbolPath(instrument.symbol),
                      )
                    }
                    className="menu-row"
                  >
                    <SymbolText symbol={instrument.symbol} />
                    <span className="label ml-auto">
                      {instrument.base}/{instrument.quote}
                    </span>
                  </Command.Item>
                ))}
              </Command.Group>
              {all && (
                <>
                  <Command.Group heading="Go to">
                    {ROUTES.map((route) => (
                      <Command.Item
                        key={route.name}
                        value={route.text}
                        onSelect={() => {
                          const symbol = lastSymbol(instruments.map((one) => one.symbol));
                          if (route.name !== 'trade') go(route.path);
                          else if (symbol !== undefined) go(symbolPath(symbol));
                        }}
                        className="menu-row"
                      >
                        {route.text}
                        {route.key !== undefined && (
                          <span className="ml-auto flex gap-1">
                            <kbd>g</kbd>
                            <kbd>{route.key}</kbd>
                          </span>
                        )}
                      </Command.Item>
                    ))}
                  </Command.Group>
                  <Sessions go={go} />
                  <Command.Group heading="Settings">
                    <Command.Item
                      value="Theme: switch dark and light"
                      className="menu-row"
                      onSelect={() => {
                        changeSettings({ theme: theme === 'light' ? 'dark' : 'light' });
                        close();
                      }}
                    >
                      Theme: switch to {theme === 'light' ? 'dark' : 'light'}
                    </Command.Item>
                    <Command.Item
                      value="Keyboard shortcuts"
                      className="menu-row"
                      onSelect={() => overlay.set('shortcuts')}
                    >
                      Keyboard shortcuts
                      <kbd className="ml-auto">?</kbd>
                    </Command.Item>
                    <Command.Item
                      value="Notifications"
                      className="menu-row"
                      onSelect={() => overlay.set('notifications')}
                    >
                      Notifications
                    </Command.Item>
                  </Command.Group>
                </>
              )}
            </Command.List>
          </Command>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Sessions({ go }: { readonly go: (path: string) => void }) {
  const sessions = useQuery(sessionsQuery());
  const { timeZone } = useSettings();
  if (sessions.data === undefined || sessions.data.length === 0) return null;
  const names = sessionNames(sessions.data, timeZone);
  return (
    <Command.Group heading="Replay a session">
      {sessions.data.slice(0, 20).map((session) => (
        <Command.Item
          key={session.id}
          value={`replay ${session.label} ${session.symbols.join(' ')} ${session.id}`}
          onSelect={() => go(`/replay/${encodeURIComponent(session.id)}`)}
          className="menu-row"
        >
          <span className="truncate">{names.get(session.id)}</span>
          <span className="num label ml-auto">{dateText(session.from, timeZone)}</span>
        </Command.Item>
      ))}
    </Command.Group>
  );
}
