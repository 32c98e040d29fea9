import type { AlertStore } from '@tapedeck/db/event/alert-store';
import type { History } from '@tapedeck/db/history';
import type { AlertRule } from '@tapedeck/market/wire/alert';

import type { AlertRuleStore } from './alert-rule-store.ts';

/** The rules of a history, whichever file is open. */
export function keptAlerts(history: History): AlertRuleStore {
  const store = (): AlertStore => history.alerts;
  return {
    list: () => store().list(),
    insert: (rule) => store().insert(rule),
    update: (id, patch) => store().update(id, patch),
    setState: (id, state, change) => store().setState(id, state, change),
    delete: (id) => store().delete(id),
  };
}

/** Copies the feed's rules into a file that does not have them: the file was replaced while the feed ran. */
export function keepAlerts(history: History, rules: readonly AlertRule[]): void {
  for (const rule of rules) {
    if (history.alerts.get(rule.id) === undefined) history.alerts.insert(rule);
  }
}
