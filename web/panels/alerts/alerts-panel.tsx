'use client';
import { Plus } from 'lucide-react';
import dynamic from 'next/dynamic';
import { useState } from 'react';

import { Panel } from '../../ui/panel.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { AlertList, AlertLog } from './alert-list.tsx';

// Loads with the first click: a page that only watches needs no form.
const AlertForm = dynamic(() => import('./alert-form.tsx').then((m) => m.AlertForm), {
  ssr: false,
});

/** Alerts of one symbol: form, list, log. */
export function AlertsPanel({ symbol }: { readonly symbol: string }) {
  const [view, setView] = useState<'rules' | 'log'>('rules');
  const [adding, setAdding] = useState(false);
  return (
    <Panel
      title="Alerts"
      testId="alerts"
      controls={
        <>
          <button
            type="button"
            className="control control-small mr-auto ml-1"
            aria-expanded={adding}
            onClick={() => {
              setView('rules');
              setAdding(!adding);
            }}
          >
            <Plus size={11} aria-hidden /> New alert
          </button>
          <Segmented
            label="Alerts view"
            value={view}
            onChange={setView}
            options={[
              { value: 'rules', text: 'Rules' },
              { value: 'log', text: 'Log' },
            ]}
          />
        </>
      }
    >
      <div className="min-h-0 flex-1 overflow-y-auto">
        {view === 'rules' ? (
          <>
            {adding && <AlertForm symbol={symbol} />}
            <AlertList symbol={symbol} />
          </>
        ) : (
          <AlertLog symbol={symbol} />
        )}
      </div>
    </Panel>
  );
}
