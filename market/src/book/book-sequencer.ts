/** What to do with a delta: apply it, ignore it as already known, or stop: something is missing. */
export type Verdict = 'apply' | 'old' | 'gap';

/**
 * P9: a delta is applied if and only if `previous` equals the local sequence. One that ends at or before it is old.
 * Anything else is a gap, also one that overlaps: a gap is never repaired by guessing.
 */
export function judge(
  local: number,
  delta: { readonly previous: number; readonly sequence: number },
): Verdict {
  if (delta.sequence <= local) return 'old';
  return delta.previous === local ? 'apply' : 'gap';
}
