import clsx from 'clsx';

import { percentText } from '../format/market-text.ts';

/** A change with glyph, sign and colour; any one of the three is enough to read it. */
export function ChangeText(props: {
  readonly fraction: number | undefined;
  readonly className?: string | undefined;
}) {
  const text = percentText(props.fraction);
  const glyph = text.startsWith('+') ? '▲' : text.startsWith('\u2212') ? '▼' : '';
  return (
    <span
      className={clsx(
        'num whitespace-nowrap',
        glyph === '▲' && 'text-up-text',
        glyph === '▼' && 'text-down-text',
        glyph === '' && 'text-soft',
        props.className,
      )}
    >
      <span aria-hidden className="mr-[3px] text-[0.7em]">
        {glyph}
      </span>
      {text}
    </span>
  );
}
