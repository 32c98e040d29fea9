'use client';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import { AlertForm } from '../../panels/alerts/alert-form.tsx';
import { AlertList, AlertLog } from '../../panels/alerts/alert-list.tsx';
import { Page } from '../../ui/page.tsx';

/** `/alerts`: all rules, and the log of what they did. */
export function AlertsView() {
  usePageTitle('Alerts');
  return (
    <Page title="Alerts" note="The feed evaluates them: they fire with no page open.">
      <AlertForm />
      <div className="grid lg:grid-cols-2 lg:divide-x lg:divide-line">
        <section aria-label="Rules">
          <h2 className="label border-b border-line px-2 py-1.5">Rules</h2>
          <AlertList />
        </section>
        <section aria-label="Log">
          <h2 className="label border-b border-line px-2 py-1.5">Log</h2>
          <AlertLog />
        </section>
      </div>
    </Page>
  );
}
