import type { EpochMs } from '@tapedeck/market/number/level';
import type { AlertPatch, AlertRule } from '@tapedeck/market/wire/alert';
import type { AlertState } from '@tapedeck/market/wire/event';

/** Where rules outlive the feed, such as `AlertStore` of the history. Their log goes through the event log. */
export interface AlertRuleStore {
  /** All rules, oldest first. */
  list(): readonly AlertRule[];
  insert(rule: AlertRule): void;
  update(id: string, patch: AlertPatch): unknown;
  setState(
    id: string,
    state: AlertState,
    change?: { readonly firedAt?: EpochMs | undefined; readonly enabled?: boolean | undefined },
  ): void;
  /** False if there was none. */
  delete(id: string): boolean;
}
