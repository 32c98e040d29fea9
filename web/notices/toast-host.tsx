'use client';
import { Toaster } from 'sonner';

import { useSettings } from '../hooks/use-settings.ts';

/** Where toasts appear: bottom right, above the footer, at most three, the rest stacked behind them. */
export function ToastHost() {
  const { theme } = useSettings();
  return (
    <Toaster
      theme={theme}
      position="bottom-right"
      visibleToasts={3}
      offset={{ bottom: 32, right: 8 }}
      mobileOffset={{ bottom: 72, left: 8, right: 8 }}
      gap={6}
      closeButton
      toastOptions={{
        style: {
          background: 'var(--surface)',
          color: 'var(--text)',
          border: '1px solid var(--line)',
          borderRadius: 4,
          boxShadow: 'none',
          fontFamily: 'var(--font-sans)',
          fontSize: 'var(--toast-size, 13px)',
          padding: '10px 12px',
        },
      }}
    />
  );
}
