/** Why a client is refused, or gets no more than it has (P23, P24). */
const REFUSAL_REASONS = [
  'host',
  'origin',
  'token',
  'operator',
  'address-limit',
  'limit',
  'overload',
  'broken-off',
  'descriptors',
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** How often each has happened; `/metrics` and the status page read it. */
export class RefusalTally {
  readonly #counts = new Map<RefusalReason, number>();

  add(reason: RefusalReason): void {
    this.#counts.set(reason, this.of(reason) + 1);
  }

  of(reason: RefusalReason): number {
    return this.#counts.get(reason) ?? 0;
  }

  get total(): number {
    let sum = 0;
    for (const count of this.#counts.values()) sum += count;
    return sum;
  }

  /** All of them, also those that never happened: a counter that starts at 0 can be monitored. */
  entries(): (readonly [values: readonly string[], number: number])[] {
    return REFUSAL_REASONS.map((reason) => [[reason], this.of(reason)] as const);
  }
}
