import type { RefObject } from 'react';
import { useEffect, useRef } from 'react';

/** At most three flashes a second in one row (WCAG 2.3.1). */
const REST_MS = 340;

/** Tints the row for a moment when its size changed at the same price. Off unless `enabled`. */
export function useRowFlash(
  ref: RefObject<HTMLElement | null>,
  priceTicks: number,
  sizeLots: number,
  enabled: boolean,
): void {
  const last = useRef({ priceTicks, sizeLots, at: 0 });
  useEffect(() => {
    const before = last.current;
    const changed = before.priceTicks === priceTicks && before.sizeLots !== sizeLots;
    const now = performance.now();
    const flashes = changed && enabled && now - before.at >= REST_MS;
    last.current = { priceTicks, sizeLots, at: flashes ? now : before.at };
    if (!flashes) return;
    const colour = sizeLots > before.sizeLots ? 'var(--text)' : 'var(--text-3)';
    ref.current?.animate(
      [
        { backgroundColor: `color-mix(in srgb, ${colour} 16%, transparent)` },
        { backgroundColor: 'transparent' },
      ],
      { duration: 300, easing: 'ease-out' },
    );
  });
}
