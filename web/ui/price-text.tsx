'use client';
import { useRef } from 'react';

/** Length of the common start of two texts. */
function commonStart(before: string, after: string): number {
  const end = Math.min(before.length, after.length);
  let index = 0;
  while (index < end && before[index] === after[index]) index++;
  return index;
}

/**
 * A price with its changed digits highlighted: the unchanged start is dim, the changed tail is in the direction's
 * colour. A price of another length is highlighted as a whole.
 */
export function PriceText(props: { readonly text: string; readonly direction: number }) {
  const { text, direction } = props;
  const shown = useRef({ text, from: 0 });
  // Kept across renders with the same text, so that the highlight survives the next tick of the age.
  if (shown.current.text !== text) {
    const before = shown.current.text;
    shown.current = { text, from: before.length === text.length ? commonStart(before, text) : 0 };
  }
  const from = shown.current.from;
  const colour = direction > 0 ? 'text-up-text' : direction < 0 ? 'text-down-text' : 'text-text';
  return (
    <span className="num">
      {from > 0 && <span className="text-soft">{text.slice(0, from)}</span>}
      <span className={colour}>{text.slice(from)}</span>
    </span>
  );
}
