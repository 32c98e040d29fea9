import { BOOK_TIERS } from '@tapedeck/market/wire/channel';

import { TestLink } from '../test/test-link.ts';

export const SYMBOLS = ['BTC-USD@sim', 'ETH-USD@sim'] as const;
/** Levels per side of the deepest book followed. */
export const DEPTH = 25;

/** What happens to a client: see `SoakTrouble`. */
type ClientKind = 'plain' | 'harmed' | 'slow' | 'cut' | 'sse';

export type SoakClient = {
  readonly kind: ClientKind;
  readonly link: TestLink;
  readonly book: string;
  readonly symbol: string;
  readonly depth: number;
  /** Its connection that has faults. */
  harmed: string | undefined;
};

const KINDS: readonly ClientKind[] = ['plain', 'harmed', 'slow', 'cut'];

/** Clients of every kind on every tier in both forms, and some on server-sent events; each with its own address. */
export function soakClients(url: string, seed: number): readonly SoakClient[] {
  const made: SoakClient[] = [];
  const add = (
    kind: ClientKind,
    form: 'json' | 'binary' | 'sse',
    tier: string,
    symbol: string,
  ): void => {
    const depth = made.length % 2 === 0 ? 10 : DEPTH;
    const book = `book:${symbol}:${depth}:${tier}`;
    const channels = [book, `trades:${symbol}`, `ticker:${symbol}`, `candles:${symbol}:1s`];
    const address = `10.0.0.${made.length}`;
    const link = new TestLink({ url, seed: seed + made.length, channels, form, address });
    made.push({ kind, link, book, symbol, depth, harmed: undefined });
  };
  for (const [index, tier] of BOOK_TIERS.entries())
    for (const [place, kind] of KINDS.entries()) {
      add(kind, 'json', tier, SYMBOLS[index % 2] ?? SYMBOLS[0]);
      add(kind, 'binary', tier, SYMBOLS[place % 2] ?? SYMBOLS[0]);
    }
  for (const tier of ['raw', '100ms', '1s']) add('sse', 'sse', tier, SYMBOLS[0]);
  return made;
}
