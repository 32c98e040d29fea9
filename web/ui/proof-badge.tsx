import clsx from 'clsx';

import type { CapabilityBody } from '@tapedeck/market/wire/http';

import { proofText } from '../format/capability-text.ts';

/**
 * Whether a lost change of a live book would show: a quiet tick if it would, a word in amber if not. A market that is
 * simulated, pushed or recorded has no venue to promise anything, and no badge.
 */
export function ProofBadge(props: {
  readonly capability: CapabilityBody | undefined;
  /** Also say how: `chain`, `checksum`. */
  readonly withWord?: boolean;
  readonly className?: string;
}) {
  const { capability, withWord = false } = props;
  if (capability === undefined) return null;
  const { isProven, word, detail } = proofText(capability);
  return (
    <span
      title={detail}
      data-testid="proof-badge"
      data-proof={capability.loss}
      className={clsx(
        'inline-flex h-4 shrink-0 items-center gap-1 rounded-sm text-micro font-normal whitespace-nowrap',
        // A drawing stands on the line, a word in it.
        isProven
          ? 'align-[-3px] text-faint'
          : 'border border-delayed/60 px-1 align-baseline text-delayed',
        props.className,
      )}
    >
      <span className="sr-only">{detail}</span>
      {isProven ? <Tick /> : <span aria-hidden>△</span>}
      {(withWord || !isProven) && (
        <span aria-hidden className={clsx(!withWord && 'max-sm:hidden')}>
          {word}
        </span>
      )}
    </span>
  );
}

/** A tick in a shield, light enough to stand in every row. */
function Tick() {
  return (
    <svg
      aria-hidden
      viewBox="0 0 11 12"
      fill="none"
      stroke="currentColor"
      className="h-[1.1em] w-[1em]"
    >
      <path d="M5.5.8 10 2.3v3.4c0 2.6-1.8 4.5-4.5 5.5C2.8 10.2 1 8.3 1 5.7V2.3Z" />
      <path d="m3.5 5.9 1.5 1.5 2.6-3" />
    </svg>
  );
}
