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
 * A price whose changed digits stand out: those that stayed are dim, the changed tail is bright in the direction's
 * colour. A price of another length is new as a whole.
 */
export function PriceText(props: { readonly text: string; readonly direction: number }) {
  const { text, direction } = props;
  const shown = useRef({ text, from: 0 });
  // Kept across renders that do not change the text, so that the tail does not blink out at the next tick of age.
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
