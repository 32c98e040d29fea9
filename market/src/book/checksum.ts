import type { Level } from '../number/level.ts';

const TABLE = makeTable();

/** CRC-32 (IEEE 802.3, reflected, unsigned) of ASCII text. `crc32('123456789')` is 0xcbf43926. */
export function crc32(text: string): number {
  let crc = 0xffff_ffff;
  for (let i = 0; i < text.length; i++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ text.charCodeAt(i)) & 0xff] as number);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

/** Levels per side that the checksum covers. */
const CHECKSUM_DEPTH = 10;

/**
 * CRC-32 of the top ten asks, then the top ten bids, both best first, each level as `priceTicks` then `sizeLots` in
 * decimal without separators (P14; Kraken's v2 checksum). An empty book gives 0.
 */
export function bookChecksum(asks: readonly Level[], bids: readonly Level[]): number {
  let text = '';
  for (const side of [asks, bids]) {
    for (let i = 0; i < CHECKSUM_DEPTH && i < side.length; i++) {
      const [price, size] = side[i] as Level;
      text += `${price}${size}`;
    }
  }
  return crc32(text);
}

function makeTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
    table[byte] = crc >>> 0;
  }
  return table;
}
