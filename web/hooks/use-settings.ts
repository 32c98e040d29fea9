'use client';
import { useSyncExternalStore } from 'react';

import type { TimeZoneChoice } from '../format/time-zone.ts';
import { Listeners } from '../signal/listeners.ts';

/** Preferences of this browser. View state is in the URL; only preferences are kept here. */
export type Settings = {
  readonly theme: 'dark' | 'light' | 'system';
  readonly palette: 'default' | 'distinct' | 'mono';
  readonly density: 'compact' | 'comfortable' | 'touch';
  readonly timeZone: TimeZoneChoice;
  /** Off by default. */
  readonly sounds: boolean;
  /** Single-letter shortcuts; people who dictate or use switches turn them off. */
  readonly letterKeys: boolean;
};

const SETTINGS_KEY = 'tapedeck.settings.v1';
const DEFAULT_SETTINGS: Settings = {
  theme: 'dark',
  palette: 'default',
  density: 'comfortable',
  timeZone: 'utc',
  sounds: false,
  letterKeys: true,
};

const listeners = new Listeners();
const lookListeners = new Listeners();
let current: Settings | undefined;

function read(): Settings {
  if (current !== undefined) return current;
  current = DEFAULT_SETTINGS;
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(SETTINGS_KEY) ?? '{}');
    if (typeof stored === 'object' && stored !== null) current = { ...current, ...stored };
  } catch {
    // Storage may be forbidden or hold something else: the defaults apply.
  }
  return current;
}

/** Writes `change` to storage and to the document, at once for every reader. */
export function changeSettings(change: Partial<Settings>): void {
  current = { ...read(), ...change };
  try {
    localStorage.setItem(SETTINGS_KEY, JSON.stringify(current));
  } catch {
    // Kept for this page only.
  }
  applySettings(current);
  listeners.notify();
}

/** Sets the look on the document; the script in the head does the same before the first paint. */
export function applySettings(settings: Settings): void {
  const root = document.documentElement;
  const light = matchMedia('(prefers-color-scheme: light)').matches;
  root.dataset['theme'] = settings.theme === 'system' ? (light ? 'light' : 'dark') : settings.theme;
  root.dataset['palette'] = settings.palette;
  root.dataset['density'] = settings.density;
  lookListeners.notify();
}

/** Calls back when theme, palette or density change, for what draws with its own colours (charts, canvases). */
export const onLookChange = lookListeners.add;

export function useSettings(): Settings {
  return useSyncExternalStore(listeners.add, read, () => DEFAULT_SETTINGS);
}
