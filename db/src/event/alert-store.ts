import { asc, eq } from 'drizzle-orm';

import type { EpochMs } from '@tapedeck/market/number/level';
import type { AlertPatch, AlertRule } from '@tapedeck/market/wire/alert';
import type { AlertState } from '@tapedeck/market/wire/event';

import type { Orm } from '../database/database.ts';
import { alertRule } from '../database/schema.ts';

/** Alert rules and the state each one is in. Their log is in the `EventStore`. */
export class AlertStore {
  readonly #orm: Orm;

  constructor(orm: Orm) {
    this.#orm = orm;
  }

  /** All rules, oldest first. */
  list(): readonly AlertRule[] {
    return this.#orm
      .select()
      .from(alertRule)
      .orderBy(asc(alertRule.createdAt), asc(alertRule.id))
      .all()
      .map(toRule);
  }

  get(id: string): AlertRule | undefined {
    const row = this.#orm.select().from(alertRule).where(eq(alertRule.id, id)).get();
    return row === undefined ? undefined : toRule(row);
  }

  insert(rule: AlertRule): void {
    this.#orm
      .insert(alertRule)
      .values({
        ...rule,
        priceTicks: rule.priceTicks ?? null,
        tickSize: rule.tickSize ?? null,
        ageMs: rule.ageMs ?? null,
        firedAt: rule.firedAt ?? null,
      })
      .run();
  }

  /** Applies the patch; returns the updated rule, undefined if there is none. */
  update(id: string, patch: AlertPatch): AlertRule | undefined {
    const named = Object.entries(patch).filter(([, value]) => value !== undefined);
    if (named.length > 0)
      this.#orm.update(alertRule).set(Object.fromEntries(named)).where(eq(alertRule.id, id)).run();
    return this.get(id);
  }

  /** Stores the state, and `firedAt` and `enabled` if given, for the next start. */
  setState(
    id: string,
    state: AlertState,
    change: { readonly firedAt?: EpochMs | undefined; readonly enabled?: boolean | undefined } = {},
  ): void {
    const { firedAt, enabled } = change;
    this.#orm
      .update(alertRule)
      .set({
        state,
        ...(firedAt === undefined ? {} : { firedAt }),
        ...(enabled === undefined ? {} : { enabled }),
      })
      .where(eq(alertRule.id, id))
      .run();
  }

  /** False if there was no such rule. */
  delete(id: string): boolean {
    return this.#orm.delete(alertRule).where(eq(alertRule.id, id)).run().changes > 0;
  }
}

function toRule(row: typeof alertRule.$inferSelect): AlertRule {
  const { priceTicks, tickSize, ageMs, firedAt, ...rest } = row;
  return {
    ...rest,
    kind: row.kind as AlertRule['kind'],
    repeat: row.repeat as AlertRule['repeat'],
    state: row.state as AlertState,
    ...(priceTicks === null ? {} : { priceTicks }),
    ...(tickSize === null ? {} : { tickSize }),
    ...(ageMs === null ? {} : { ageMs }),
    ...(firedAt === null ? {} : { firedAt }),
  };
}
