'use client';
import { useHotkeys, type HotkeyCallback, type Options } from 'react-hotkeys-hook';

import { useSettings } from '../hooks/use-settings.ts';

/**
 * Shortcuts of the dashboard. Off while typing, on while a slider has the focus: whoever dragged the scrubber goes on
 * with keys; single letters can be switched off as a whole (WCAG 2.1.4).
 * `keys` as react-hotkeys-hook reads them: `mod+k`, `g>o`, `bracketleft`.
 */
export function useKeys(keys: string, callback: HotkeyCallback, options: Options = {}): void {
  const { letterKeys } = useSettings();
  const isChord = /mod|ctrl|alt|escape|enter|tab|f6/i.test(keys);
  useHotkeys(
    keys,
    callback,
    {
      preventDefault: true,
      enabled: letterKeys || isChord,
      enableOnFormTags: ['slider'],
      ...options,
    },
    [callback, letterKeys],
  );
}
