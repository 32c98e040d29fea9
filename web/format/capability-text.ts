import type { CapabilityBody } from '@tapedeck/market/wire/http';

export type ProofText = {
  readonly isProven: boolean;
  /** How a lost change of the book shows, in a word. */
  readonly word: string;
  readonly detail: string;
};

const PROOF: Readonly<Record<CapabilityBody['loss'], ProofText>> = {
  chain: {
    isProven: true,
    word: 'chain',
    detail: 'Proven: the venue numbers every change of the book, so a lost one shows at once',
  },
  checksum: {
    isProven: true,
    word: 'checksum',
    detail: 'Proven: the venue sends a checksum of the book, so a lost change shows at once',
  },
  none: {
    isProven: false,
    word: 'unproven',
    detail: 'Unproven: the venue does not show a lost change, so this book may be wrong unnoticed',
  },
};

const DEPTH: Readonly<Record<CapabilityBody['depth'], string>> = {
  l3: 'every order',
  l2: 'every level',
  'l2-snapshots': 'whole books only',
};

/** What a venue can promise of its books. */
export function proofText({ loss }: CapabilityBody): ProofText {
  return PROOF[loss];
}

/** `every level, every 100 ms, trades with sides`. */
export function promiseText({ depth, cadenceMs, sides, clock }: CapabilityBody): string {
  const pace = cadenceMs === 0 ? 'at once' : `every ${cadenceMs} ms`;
  const trades = sides ? 'trades with sides' : 'trades without sides';
  return `${DEPTH[depth]}, ${pace}, ${trades}${clock === 'ours' ? ', on our clock' : ''}`;
}
