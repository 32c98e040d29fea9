'use client';
import { useHotkeys, type HotkeyCallback, type Options } from 'react-hotkeys-hook';

import { useSettings } from '../hooks/use-settings.ts';

/**
 * The dashboard's shortcuts. Off while typing, on while a slider has the focus: after a drag of the scrubber the keys
 * continue from there; single letters can be switched off together (WCAG 2.1.4). `keys` in the form of
 * react-hotkeys-hook: `mod+k`, `g>o`, `bracketleft`.
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
