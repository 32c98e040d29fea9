/*
 * Names of coins that mean nothing else, so that a first use tags something. A word without a capital letter is found
 * in any case, one with a capital only as written (`word-tags.ts`).
 */
export const COIN_WORDS: Readonly<Record<string, readonly string[]>> = {
  AAVE: ['aave'],
  ADA: ['cardano'],
  ALGO: ['algorand'],
  AVAX: ['Avalanche'],
  BCH: ['bitcoin cash'],
  BNB: ['binance coin'],
  BTC: ['bitcoin', 'XBT'],
  DOGE: ['dogecoin'],
  DOT: ['polkadot'],
  ETC: ['ethereum classic'],
  ETH: ['ethereum', 'ether'],
  FIL: ['filecoin'],
  HBAR: ['hedera'],
  HYPE: ['hyperliquid'],
  LINK: ['chainlink'],
  LTC: ['litecoin'],
  SHIB: ['shiba inu'],
  SOL: ['solana'],
  TON: ['toncoin'],
  TRX: ['Tron', 'TRON'],
  UNI: ['uniswap'],
  XMR: ['monero'],
  XRP: ['Ripple'],
  ZEC: ['zcash'],
};

/** Codes of venues for the same coin. */
const SAME: Readonly<Record<string, string>> = { XBT: 'BTC', XDG: 'DOGE' };

/** The coin of an instrument's base: `XBT` is BTC, and a contract of `1000PEPE` is PEPE. */
export function coinOf(base: string): string {
  const coin = base.replace(/^10+(?=[A-Z])/, '');
  return SAME[coin] ?? coin;
}
