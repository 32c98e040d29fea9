/** How the reader's locale writes numbers. Digits stay ASCII: columns of prices must align and be searchable. */
export type NumberStyle = { readonly group: string; readonly decimal: string };

/** U+2212: as wide as a plus in tabular figures, and not a hyphen that wraps. */
export const MINUS = '\u2212';
/** Shown for an absent value; never a zero that nobody measured. */
export const ABSENT = '\u2013';

const styles = new Map<string, NumberStyle>();
let current: NumberStyle | undefined;

/** Separators of `locale`, asked of `Intl` once and kept. */
export function numberStyle(locale: string): NumberStyle {
  const known = styles.get(locale);
  if (known !== undefined) return known;
  let style: NumberStyle = { group: ',', decimal: '.' };
  try {
    const parts = new Intl.NumberFormat(locale, { numberingSystem: 'latn' }).formatToParts(
      -1_234_567.8,
    );
    const group = parts.find((part) => part.type === 'group')?.value ?? '';
    const decimal = parts.find((part) => part.type === 'decimal')?.value ?? '.';
    // A narrow space instead of the locale's own: the same meaning at half the width.
    style = { group: /\s/.test(group) ? '\u202f' : group, decimal };
  } catch {
    // An unknown locale tag must not break the page.
  }
  styles.set(locale, style);
  return style;
}

/** The browser's locale; English on the server, which never formats a market number. */
function browserStyle(): NumberStyle {
  current ??= numberStyle(typeof navigator === 'undefined' ? 'en' : navigator.language);
  return current;
}

/** `-1234567.80` in the style: `−1,234,567.80`. Text in, text out: nothing is rounded. */
export function styled(plain: string, style: NumberStyle = browserStyle()): string {
  const negative = plain.startsWith('-');
  const digits = negative ? plain.slice(1) : plain;
  const point = digits.indexOf('.');
  const whole = point < 0 ? digits : digits.slice(0, point);
  let grouped = whole;
  if (whole.length > 3) {
    grouped = '';
    for (let end = whole.length; end > 0; end -= 3) {
      const part = whole.slice(Math.max(0, end - 3), end);
      grouped = grouped === '' ? part : part + style.group + grouped;
    }
  }
  const fraction = point < 0 ? '' : style.decimal + digits.slice(point + 1);
  return (negative ? MINUS : '') + grouped + fraction;
}
