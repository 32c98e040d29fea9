'use client';
import { useState } from 'react';

import { Panel } from '../../ui/panel.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { AlertForm } from './alert-form.tsx';
import { AlertList, AlertLog } from './alert-list.tsx';

/** Alerts of one symbol: make, list, log. */
export function AlertsPanel({ symbol }: { readonly symbol: string }) {
  const [view, setView] = useState<'rules' | 'log'>('rules');
  return (
    <Panel
      title="Alerts"
      testId="alerts"
      controls={
        <Segmented
          label="Alerts view"
          value={view}
          onChange={setView}
          options={[
            { value: 'rules', text: 'Rules' },
            { value: 'log', text: 'Log' },
          ]}
        />
      }
    >
      <div className="min-h-0 flex-1 overflow-y-auto">
        {view === 'rules' ? (
          <>
            <AlertForm symbol={symbol} />
            <AlertList symbol={symbol} />
          </>
        ) : (
          <AlertLog symbol={symbol} />
        )}
      </div>
    </Panel>
  );
}
