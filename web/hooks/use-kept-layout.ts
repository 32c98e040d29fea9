'use client';
import { useDefaultLayout } from 'react-resizable-panels';

/** The pane sizes in this browser, if it allows storage. */
const STORAGE = {
  getItem(key: string): string | null {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  setItem(key: string, value: string): void {
    try {
      localStorage.setItem(key, value);
    } catch {
      // Kept for this page only.
    }
  },
};

/** Restores a group of panes as the user left it: properties of `Group`. A preference, so not in the address. */
export function useKeptLayout(id: string) {
  const { defaultLayout, onLayoutChanged } = useDefaultLayout({
    id,
    storage: STORAGE,
    // A window that was narrow for a while does not express a preference.
    onlySaveAfterUserInteractions: true,
  });
  return { id, onLayoutChanged, ...(defaultLayout !== undefined && { defaultLayout }) };
}
