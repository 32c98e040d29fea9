/*
 * P23: how much one address, and all together, may have open of each kind. What is over the limit is refused before
 * it costs anything. The address is the one that `visitor.ts` trusts, so that nobody can use up another's share.
 */

export type Kind = 'connections' | 'eventStreams' | 'requests' | 'replays';
type Bounds = { readonly perAddress: number; readonly inAll: number; readonly name: string };

export const ADDRESS_LIMITS: Readonly<Record<Kind, Bounds>> = {
  /** WebSockets and streams of market data. A tab of the dashboard has one, and one event stream. */
  connections: { perAddress: 20, inAll: 4_000, name: 'connections' },
  eventStreams: { perAddress: 20, inAll: 4_000, name: 'event streams' },
  /** In progress: uploads while they arrive, candles, books of the past. */
  requests: { perAddress: 64, inAll: 512, name: 'requests at once' },
  /** Created by this address, of 32 in total: one for each of its connections. */
  replays: { perAddress: 20, inAll: 32, name: 'replays' },
};

/** Gives a place back. Idempotent. */
export type Release = () => void;

export type LimitRefusal = { readonly scope: 'address' | 'all'; readonly message: string };

export class AddressLimits {
  readonly #bounds: Readonly<Record<Kind, Bounds>>;
  /** By kind and address; only addresses with something open are kept. */
  readonly #held = new Map<string, number>();
  readonly #inAll: Record<Kind, number> = {
    connections: 0,
    eventStreams: 0,
    requests: 0,
    replays: 0,
  };

  constructor(changed: Readonly<Partial<Record<Kind, Partial<Bounds>>>> = {}) {
    const kinds = Object.keys(ADDRESS_LIMITS) as Kind[];
    this.#bounds = Object.fromEntries(
      kinds.map((kind) => [kind, { ...ADDRESS_LIMITS[kind], ...changed[kind] }]),
    ) as Record<Kind, Bounds>;
  }

  /** Why this address cannot have more of a kind now; undefined if it can. */
  refusal(kind: Kind, address: string): LimitRefusal | undefined {
    const { perAddress, inAll, name } = this.#bounds[kind];
    if (this.held(kind, address) >= perAddress)
      return { scope: 'address', message: `more than ${perAddress} ${name} from this address` };
    if (this.#inAll[kind] >= inAll)
      return { scope: 'all', message: `more than ${inAll} ${name} in all` };
    return undefined;
  }

  /** Takes a place until it is released. */
  take(kind: Kind, address: string): Release {
    const key = `${kind} ${address}`;
    this.#held.set(key, (this.#held.get(key) ?? 0) + 1);
    this.#inAll[kind]++;
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#inAll[kind]--;
      const left = (this.#held.get(key) ?? 1) - 1;
      if (left > 0) this.#held.set(key, left);
      else this.#held.delete(key);
    };
  }

  held(kind: Kind, address: string): number {
    return this.#held.get(`${kind} ${address}`) ?? 0;
  }

  /** Number of addresses with something open. */
  get size(): number {
    return this.#held.size;
  }
}
