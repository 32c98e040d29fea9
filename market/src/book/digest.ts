/*
 * The digest of a book view (P14a). The checksum of P14 covers ten levels once a second; the digest is on every book
 * message and covers every level that the client then holds, the sequence and the time. It sums one well-mixed 32-bit
 * word per level modulo 2^32, so level order does not matter and both ends update it in O(changed levels).
 *
 *   digest = (sum of mix(1, price, size) over bids + sum of mix(2, price, size) over asks
 *             + mix(3, sequence, eventTime) + crc32(epoch)) mod 2^32
 *
 * mix(tag, a, b): start with h = tag * 0x9e3779b1; for each of low32(a), high32(a), low32(b), high32(b):
 * h = rotl(h ^ x * 0xcc9e2d51, 13) * 5 + 0xe6546b64; then finish as MurmurHash3 (A. Appleby, public domain) does:
 * h ^= h >> 16, h *= 0x85ebca6b, h ^= h >> 13, h *= 0xc2b2ae35, h ^= h >> 16. All modulo 2^32; high32 is
 * floor(x / 2^32).
 */
import type { EpochMs, Side } from '../number/level.ts';
import { crc32 } from './checksum.ts';

const TWO_32 = 4_294_967_296;

/** The hash of one level; 0 for an absent level (size 0). */
export function levelWord(side: Side, priceTicks: number, sizeLots: number): number {
  return sizeLots === 0 ? 0 : mix(side === 'bid' ? 1 : 2, priceTicks, sizeLots);
}

/** The hash of a book's epoch (P13). Constant between snapshots, so callers should cache it. */
export function epochWord(epoch: string): number {
  return crc32(epoch);
}

/** The digest of a book whose level and epoch hashes sum to `sum`. */
export function finishDigest(sum: number, sequence: number, eventTime: EpochMs): number {
  return (sum + mix(3, sequence, eventTime)) >>> 0;
}

function mix(tag: number, a: number, b: number): number {
  let h = Math.imul(tag, 0x9e37_79b1);
  h = stir(h, a | 0);
  h = stir(h, Math.floor(a / TWO_32) | 0);
  h = stir(h, b | 0);
  h = stir(h, Math.floor(b / TWO_32) | 0);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85eb_ca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function stir(h: number, x: number): number {
  const mixed = h ^ Math.imul(x, 0xcc9e_2d51);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe654_6b64) | 0;
}
