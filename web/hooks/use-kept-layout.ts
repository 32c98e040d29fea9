'use client';
import { useDefaultLayout } from 'react-resizable-panels';

/** This browser's sizes of the panes, where it may keep any. */
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

/** What a group of panes needs to come back as a hand has left it: properties of `Group`. A preference, so not in the address. */
export function useKeptLayout(id: string) {
  const { defaultLayout, onLayoutChanged } = useDefaultLayout({
    id,
    storage: STORAGE,
    // A window that was narrow for a while says nothing of what anybody wants.
    onlySaveAfterUserInteractions: true,
  });
  return { id, onLayoutChanged, ...(defaultLayout !== undefined && { defaultLayout }) };
}
