import { Suspense } from 'react';

import { SettingsView } from '../../../screens/settings/settings-view.tsx';

export const metadata = { title: 'Settings · Tapedeck' };

export default function SettingsPage() {
  return (
    <Suspense>
      <SettingsView />
    </Suspense>
  );
}
