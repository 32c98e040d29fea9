import { and, asc, eq } from 'drizzle-orm';

import type { EpochMs } from '@tapedeck/market/number/level';

import type { Orm } from '../database/database.ts';
import { liveSource } from '../database/schema.ts';

/** Live markets added at run time. */
export class SourceStore {
  readonly #orm: Orm;

  constructor(orm: Orm) {
    this.#orm = orm;
  }

  /** In the order of adding. */
  list(): readonly { readonly venue: string; readonly market: string }[] {
    const { venue, market, addedAt } = liveSource;
    return this.#orm.select({ venue, market }).from(liveSource).orderBy(asc(addedAt)).all();
  }

  /** A market that is already stored stays as it is. */
  add(venue: string, market: string, addedAt: EpochMs): void {
    this.#orm.insert(liveSource).values({ venue, market, addedAt }).onConflictDoNothing().run();
  }

  remove(venue: string, market: string): void {
    this.#orm
      .delete(liveSource)
      .where(and(eq(liveSource.venue, venue), eq(liveSource.market, market)))
      .run();
  }
}
