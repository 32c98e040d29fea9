/** Fields of a line of comma-separated numbers and names: none of the market formats uses quotes. */
export function fieldsOf(line: string): readonly string[] {
  return line.split(',');
}

const DECIMAL = /^\d+(\.\d*)?([eE][+-]?\d{1,3})?$/;

/** True for a number >= 0 as text. */
export function isDecimal(text: string | undefined): text is string {
  return text !== undefined && DECIMAL.test(text);
}

/** True for a number as text, also below zero: prices of spreads and of some futures are. */
export function isPrice(text: string | undefined): text is string {
  return isDecimal(text?.startsWith('-') === true ? text.slice(1) : text);
}

/** Epoch milliseconds of a time in s, ms, us or ns, distinguished by its number of digits (until the year 2286). */
export function timeOfDigits(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  if (text.length === 10) return Number(text) * 1_000;
  return text.length === 13 || text.length === 16 || text.length === 19
    ? Number(text.slice(0, 13))
    : undefined;
}

/** `true`, `True`, `1`; undefined for anything that is neither true nor false. */
export function booleanOf(text: string | undefined): boolean | undefined {
  const lower = text?.toLowerCase();
  if (lower === 'true' || lower === '1') return true;
  return lower === 'false' || lower === '0' ? false : undefined;
}
