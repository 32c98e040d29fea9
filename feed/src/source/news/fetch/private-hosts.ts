/*
 * Addresses that only this machine or its network can reach. An operator may name one; an answer from the internet may
 * not lead there (a request forged through the feed).
 */
import { lookup as resolve, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  PRIVATE.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(network, bits, 'ipv6');

/** Whether an IP address is no public one. IPv4 within IPv6 counts as that IPv4 address. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  return family === 0 || PRIVATE.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** A redirect leads into a private network. */
export class PrivateHostError extends Error {
  override readonly name = 'PrivateHostError';

  constructor(host: string) {
    super(`it is redirected from the internet to ${host}, in a private network: refused`);
  }
}

/** A DNS lookup that fails for a name with a private address, so that nothing is sent there. */
export function publicLookup(isPrivate: (address: string) => boolean): LookupFunction {
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, found: readonly LookupAddress[]) => {
      const first = found?.[0];
      if (error !== null || first === undefined) callback(error, '', 0);
      else if (found.some(({ address }) => isPrivate(address)))
        callback(new PrivateHostError(host), '', 0);
      else if (options.all === true) callback(null, [...found]);
      else callback(null, first.address, first.family);
    });
  };
}
