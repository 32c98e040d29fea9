import type { ResyncReason } from '@tapedeck/market/wire/up';

/** The reason counted for a client that gives none. */
const UNSAID = 'unsaid';

/** How often clients requested a book again, by symbol and by reason (P9, P14, P14a). */
export class ResyncTally {
  readonly #counts = new Map<string, Map<string, number>>();

  add(symbol: string, reason: ResyncReason | undefined): void {
    let counts = this.#counts.get(symbol);
    if (counts === undefined) this.#counts.set(symbol, (counts = new Map<string, number>()));
    const name = reason ?? UNSAID;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  of(symbol: string): number {
    let sum = 0;
    for (const count of this.#counts.get(symbol)?.values() ?? []) sum += count;
    return sum;
  }

  *byReason(): Generator<readonly [readonly [symbol: string, reason: string], number]> {
    for (const [symbol, counts] of this.#counts)
      for (const [reason, count] of counts) yield [[symbol, reason], count];
  }
}
