/** Widths of a ladder's group in ticks. */
export const GROUP_STEPS = [1, 2, 5, 10, 25, 50, 100] as const;

/** The next coarser (`by` 1) or finer (`by` -1) step; stops at the ends. */
export function nextGroup(groupTicks: number, by: 1 | -1): number {
  const index = GROUP_STEPS.findIndex((step) => step >= groupTicks);
  const at = index < 0 ? GROUP_STEPS.length - 1 : index;
  return GROUP_STEPS[Math.min(GROUP_STEPS.length - 1, Math.max(0, at + by))] ?? 1;
}

/** A group width from a URL: a known step, or 1. */
export function groupFrom(value: number): number {
  return GROUP_STEPS.find((step) => step === value) ?? 1;
}
