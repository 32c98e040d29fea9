'use client';
import { useRouter } from 'next/navigation';

import { lastSymbol } from '../address/last-symbol.ts';
import { useKeys } from '../hooks/use-keys.ts';
import { changeSettings, useSettings } from '../hooks/use-settings.ts';
import { useInstruments } from '../live/live.ts';
import { toastText } from '../notices/toasts.ts';
import { restoreMaximised, toggleMaximised } from '../ui/panel-focus.ts';
import { symbolPath } from '../ui/symbol-text.tsx';
import { overlay } from './shell-signals.ts';

/** The shortcuts of every page with a shell. */
export function ShellKeys() {
  const router = useRouter();
  const { sounds } = useSettings();
  const instruments = useInstruments().filter((one) => one.state !== 'recorded');

  useKeys('mod+k', () => overlay.set(overlay.value === 'palette' ? undefined : 'palette'), {
    enableOnFormTags: true,
  });
  // One physical key on many layouts: the character it types decides.
  useKeys('slash,shift+slash', (event) => overlay.set(event.key === '?' ? 'shortcuts' : 'search'));
  useKeys('g>o', () => router.push('/'));
  useKeys('g>s', () => {
    const symbol = lastSymbol(instruments.map((instrument) => instrument.symbol));
    if (symbol !== undefined) router.push(symbolPath(symbol));
  });
  useKeys('g>w', () => router.push('/wall'));
  useKeys('g>r', () => router.push('/replay'));
  useKeys('g>a', () => router.push('/alerts'));
  useKeys('g>n', () => router.push('/news'));
  useKeys('g>t', () => router.push('/status'));
  useKeys('f', () => toggleMaximised());
  useKeys('m', () => {
    changeSettings({ sounds: !sounds });
    toastText(sounds ? 'Alert sound is off' : 'Alert sound is on');
  });
  useKeys(
    'escape',
    () => {
      // Dialogs and popups close themselves and come first in the cascade.
      if (document.querySelector('[role="dialog"],[role="listbox"],[role="menu"]') !== null) return;
      restoreMaximised();
    },
    { preventDefault: false },
  );
  return null;
}
