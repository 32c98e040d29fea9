/*
 * Checksums as venues define them, over the venue's original text: parsing and reprinting a number could change it.
 */
import { crc32 } from './checksum.ts';
import type { TextLevel } from './text-level.ts';

/**
 * Kraken (ws v1 and v2 `book`): top ten asks, then top ten bids, both best first; the decimal point and leading zeros
 * are removed from price and volume. https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
 */
export function krakenChecksum(asks: readonly TextLevel[], bids: readonly TextLevel[]): number {
  let text = '';
  for (const side of [asks, bids]) {
    for (const [price, size] of side.slice(0, 10)) text += krakenText(price) + krakenText(size);
  }
  return crc32(text);
}

function krakenText(number: string): string {
  return number.replace('.', '').replace(/^0+/, '');
}

/** Levels per side in OKX's checksum. */
const OKX_DEPTH = 25;

/**
 * OKX (`books`): the best 25 levels of each side, interleaved bid, ask, bid, ask as `price:size` joined by `:`; the
 * longer side continues alone. A signed 32-bit CRC.
 * https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-order-book-channel
 */
export function okxChecksum(asks: readonly TextLevel[], bids: readonly TextLevel[]): number {
  const parts: string[] = [];
  for (let i = 0; i < OKX_DEPTH; i++) {
    for (const level of [bids[i], asks[i]]) if (level !== undefined) parts.push(...level);
  }
  return crc32(parts.join(':')) | 0;
}

/** Levels per side in Bitfinex's checksum. */
const BITFINEX_DEPTH = 25;

/**
 * Bitfinex (`book` with OB_CHECKSUM): the best 25 levels of each side, interleaved bid, ask, bid, ask as `price:amount`
 * joined by `:`; amounts of asks are negative, numbers are as JavaScript prints them. A signed 32-bit CRC.
 * https://docs.bitfinex.com/docs/ws-websocket-checksum
 */
export function bitfinexChecksum(asks: readonly TextLevel[], bids: readonly TextLevel[]): number {
  const parts: string[] = [];
  for (let i = 0; i < BITFINEX_DEPTH; i++) {
    const [bid, ask] = [bids[i], asks[i]];
    if (bid !== undefined) parts.push(printed(bid[0]), printed(bid[1]));
    if (ask !== undefined) parts.push(printed(ask[0]), `-${printed(ask[1])}`);
  }
  return crc32(parts.join(':')) | 0;
}

/** Venue and text are the same double: printing it gives the venue's own digits. */
function printed(text: string): string {
  return String(Number(text));
}
