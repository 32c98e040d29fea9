import { type ConnectionFaults, MAX_FAULT_SHARE, MAX_STALL_MS } from '@tapedeck/market/wire/chaos';

/** No fault at all. */
export const NO_FAULTS: ConnectionFaults = {
  drop: 0,
  duplicate: 0,
  reorder: 0,
  corrupt: 0,
  stallMs: 0,
};

const SHARES = ['drop', 'duplicate', 'reorder', 'corrupt'] as const;
const DURATION = /^(\d{1,5})(ms|s)$/;

/**
 * `off` is undefined; `on` allows faults and starts without any; `drop=0.01,stall=2s` starts with these on every
 * connection. For anything else, the text that says what is wrong with it.
 */
export function parseChaos(text: string): ConnectionFaults | undefined | string {
  if (text === 'off') return undefined;
  if (text === 'on') return NO_FAULTS;
  const faults = { ...NO_FAULTS };
  for (const part of text.split(',')) {
    const [name = '', value = ''] = part.trim().split('=', 2);
    const share = SHARES.find((each) => each === name);
    if (share !== undefined) {
      const number = /^0(\.\d{1,6})?$/.test(value) ? Number(value) : Number.NaN;
      if (!(number >= 0 && number <= MAX_FAULT_SHARE))
        return `"${part}": "${value}" is not a share from 0 to ${MAX_FAULT_SHARE}`;
      faults[share] = number;
    } else if (name === 'stall') {
      const [, digits = '', unit] = DURATION.exec(value) ?? [];
      const stallMs = Number(digits) * (unit === 's' ? 1_000 : 1);
      if (unit === undefined || stallMs > MAX_STALL_MS)
        return `"${part}": "${value}" is not a time up to ${MAX_STALL_MS / 1_000}s, like 2s or 500ms`;
      faults.stallMs = stallMs;
    } else
      return `"${part}" is none of off, on, ${SHARES.join('=, ')}=, stall= (drop=0.01,stall=2s)`;
  }
  return faults;
}

/** Whether any fault can occur. */
export function isHarmful(faults: ConnectionFaults): boolean {
  return faults.stallMs > 0 || SHARES.some((share) => faults[share] > 0);
}
