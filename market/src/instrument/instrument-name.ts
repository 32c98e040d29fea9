/** Quote currencies that venues write without a separator, longest first: BTCUSDT is BTC/USDT, not BTCUSD/T. */
const QUOTES = [
  'FDUSD USDT USDC BUSD TUSD USD1 EURI USD EUR GBP JPY TRY BRL ARS COP CZK MXN PLN RON UAH ZAR',
  'DOGE BTC ETH BNB DAI PAX TRX XRP SOL',
].flatMap((line) => line.split(' '));

/**
 * Parts after the first that name a contract or an option, not a currency: `PERP`, `SWAP`, `240628`, `27JUN25`, `C`.
 */
const CONTRACT = /^(?:PERP|PERPETUAL|SWAP|FUTURES?|FS|[CP]|\d.*)$/i;

/**
 * Guesses base and quote from a venue's instrument name, for sources that do not provide them: `BTC-USD`, `XBT/USD`,
 * `BTC/USDT:USDT`, `BTCUSDT`, `BTCUSD_PERP`. The quote is empty if the name does not contain one.
 */
export function splitInstrumentName(name: string): {
  readonly base: string;
  readonly quote: string;
} {
  const [pair = name] = name.split(':');
  const [first = pair, ...rest] = pair.split(/[-/_]/);
  const second = rest.find((part) => part !== '' && !CONTRACT.test(part));
  if (second !== undefined) return { base: first, quote: second };
  const quote = QUOTES.find((each) => first.length > each.length && first.endsWith(each)) ?? '';
  return { base: first.slice(0, first.length - quote.length), quote };
}
