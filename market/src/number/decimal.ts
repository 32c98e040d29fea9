/** Text is not a decimal number, or not a whole number of steps. The message names the text and the step. */
export class DecimalError extends Error {
  override readonly name = 'DecimalError';
}

const ZERO = 48;
const NINE = 57;
const EXPONENT = /^([+-]?)(\d*)\.?(\d*)[eE]([+-]?\d{1,3})$/;

/**
 * Converts decimal text to whole steps (ticks or lots) and back, exactly. Values never pass through a binary
 * fraction: digits are collected as an integer scaled by the step's power of ten, then divided by the step's
 * mantissa.
 */
export class DecimalScale {
  readonly step: string;
  /** Decimal places of the step, without trailing zeros. */
  readonly decimals: number;
  /** The step without its decimal point: 5 for `0.05`, 1 for `0.01`. */
  readonly #mantissa: number;

  /** @throws DecimalError when `step` is not a positive decimal. */
  constructor(step: string) {
    const plain = plainDecimal(step);
    const [whole = '', fraction = ''] = plain.split('.');
    this.decimals = fraction.length;
    this.#mantissa = Number(whole + fraction);
    this.step = step;
    if (!Number.isSafeInteger(this.#mantissa) || this.#mantissa <= 0)
      throw new DecimalError(`step "${step}" is not a positive decimal`);
  }

  /** Number of steps in `text`. @throws DecimalError when `text` is not a decimal, off the grid, or too large. */
  toUnits(text: string): number {
    let index = 0;
    let negative = false;
    const first = text.charCodeAt(0);
    if (first === 45 || first === 43) {
      negative = first === 45;
      index = 1;
    }
    let value = 0;
    let places = -1;
    let digits = 0;
    for (; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code >= ZERO && code <= NINE) {
        digits++;
        if (places >= this.decimals) {
          if (code === ZERO) continue;
          return this.#moved(text);
        }
        value = value * 10 + (code - ZERO);
        if (places >= 0) places++;
      } else if (code === 46 && places < 0) {
        places = 0;
      } else if (digits > 0 && EXPONENT.test(text)) {
        return this.toUnits(plainDecimal(text));
      } else {
        throw new DecimalError(`"${text}" is not a decimal number`);
      }
    }
    if (digits === 0) throw new DecimalError(`"${text}" is not a decimal number`);
    for (let place = Math.max(places, 0); place < this.decimals; place++) value *= 10;
    if (value > Number.MAX_SAFE_INTEGER) throw new DecimalError(`"${text}" has too many digits`);
    if (this.#mantissa !== 1) {
      if (value % this.#mantissa !== 0) throw this.#offGrid(text);
      value /= this.#mantissa;
    }
    return negative && value !== 0 ? -value : value;
  }

  /** Decimal text with exactly `decimals` places: `67000.5`, `0.00100000`. */
  toText(units: number): string {
    const scaled = Math.abs(units) * this.#mantissa;
    const digits = Number.isSafeInteger(scaled)
      ? String(scaled)
      : String(BigInt(Math.abs(units)) * BigInt(this.#mantissa));
    const sign = units < 0 ? '-' : '';
    if (this.decimals === 0) return sign + digits;
    const padded = digits.padStart(this.decimals + 1, '0');
    const point = padded.length - this.decimals;
    return `${sign}${padded.slice(0, point)}.${padded.slice(point)}`;
  }

  /** Decimal text without trailing zeros or a bare point: `2683.8`, `12`. */
  toPlainText(units: number): string {
    const text = this.toText(units);
    return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  }

  /** 7.23e4 has digits after its point that are before it in plain text. */
  #moved(text: string): number {
    if (EXPONENT.test(text)) return this.toUnits(plainDecimal(text));
    throw this.#offGrid(text);
  }

  #offGrid(text: string): DecimalError {
    return new DecimalError(`"${text}" is not a whole number of steps of ${this.step}`);
  }
}

/**
 * `text` without exponent, leading plus, superfluous leading zeros, or trailing zeros after the point.
 * @throws DecimalError when `text` is not a finite decimal number.
 */
export function plainDecimal(text: string): string {
  let plain = text;
  const parts = EXPONENT.exec(text);
  if (parts !== null) {
    const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
    const shift = Number(exponent);
    const digits = whole + fraction;
    const point = whole.length + shift;
    if (digits === '') throw new DecimalError(`"${text}" is not a decimal number`);
    if (point <= 0) plain = `${sign}0.${'0'.repeat(-point)}${digits}`;
    else if (point >= digits.length) plain = sign + digits + '0'.repeat(point - digits.length);
    else plain = `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
  }
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain))
    throw new DecimalError(`"${text}" is not a decimal number`);
  plain = plain.replace(/^\+/, '').replace(/^(-?)0+(?=\d)/, '$1');
  if (plain.includes('.')) plain = plain.replace(/0+$/, '').replace(/\.$/, '');
  return plain === '-0' || plain === '' ? '0' : plain;
}

/** Decimal places of `text`, ignoring trailing zeros. */
export function decimalPlaces(text: string): number {
  const plain = plainDecimal(text);
  const point = plain.indexOf('.');
  return point < 0 ? 0 : plain.length - point - 1;
}
