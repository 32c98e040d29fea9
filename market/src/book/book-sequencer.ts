/** What to do with a delta: apply it, ignore it as already applied, or stop because updates are missing. */
export type Verdict = 'apply' | 'old' | 'gap';

/**
 * A delta is applied if and only if its `previous` equals the local sequence (P9). A delta that ends at or before the
 * local sequence is old. Anything else is a gap, including an overlap: a gap is never repaired by guessing.
 */
export function judge(
  local: number,
  delta: { readonly previous: number; readonly sequence: number },
): Verdict {
  if (delta.sequence <= local) return 'old';
  return delta.previous === local ? 'apply' : 'gap';
}
