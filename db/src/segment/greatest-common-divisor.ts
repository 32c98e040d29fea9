/** Of two integers >= 0; 0 is a multiple of everything. Sizes of real books bring it to 1 within a few. */
export function greatestCommonDivisor(a: number, b: number): number {
  let x = a;
  let y = b;
  while (y !== 0) {
    const rest = x % y;
    x = y;
    y = rest;
  }
  return x;
}
