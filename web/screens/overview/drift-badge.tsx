import { DRIFT_BP } from './cross-venue.ts';

/** Two venues that should agree do not, although both books say that they are current. */
export function DriftBadge(props: { readonly bp: number; readonly withBp?: boolean }) {
  const text = props.bp.toFixed(0);
  return (
    <span
      data-testid="drift-badge"
      title={`Its mid is ${text} bp away from that of the same coin on other venues, more than ${DRIFT_BP} bp for over 3 s: one of these books may be wrong`}
      className="inline-block h-4 shrink-0 rounded-sm border border-delayed px-1 text-micro leading-[14px] font-semibold whitespace-nowrap text-delayed"
    >
      <span aria-hidden>≠ </span>DRIFT{props.withBp === true && ` ${text} bp`}
    </span>
  );
}
