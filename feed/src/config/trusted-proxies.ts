import { BlockList, isIP } from 'node:net';

/** Addresses and networks (`10.0.0.0/8`) whose `X-Forwarded-For` is trusted. */
export class TrustedProxies {
  readonly #list = new BlockList();

  /** @throws RangeError naming the entry that is neither. */
  constructor(entries: readonly string[] = []) {
    for (const entry of entries) {
      const [address = '', prefix] = entry.split('/');
      const family = isIP(address);
      const bits = family === 4 ? 32 : 128;
      const isPrefix = prefix !== undefined && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits;
      if (family === 0 || (prefix !== undefined && !isPrefix))
        throw new RangeError(
          `"${entry}" is not an address like 10.0.0.7 or a network like 10.0.0.0/8`,
        );
      const type = family === 4 ? 'ipv4' : 'ipv6';
      if (prefix === undefined) this.#list.addAddress(address, type);
      else this.#list.addSubnet(address, Number(prefix), type);
    }
  }

  has(address: string): boolean {
    return isIP(address) !== 0 && this.#list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
  }
}
