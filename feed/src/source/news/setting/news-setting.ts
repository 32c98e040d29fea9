/*
 * Parses what an operator sets about news from RSS and Atom: the addresses (`TAPEDECK_NEWS`), and the words by which a
 * headline names a market (`TAPEDECK_NEWS_WORDS`).
 */
import { isSymbol } from '@tapedeck/market/instrument/instrument';

/** An address that is polled. `name` is shown as the source of its headlines; undefined takes the feed's own title. */
export type NewsAddress = { readonly url: string; readonly name: string | undefined };

/**
 * A word, and the markets that a headline with it is about: symbols (`BTCUSDT@binance`), or coins (`BTC`), which stand
 * for all live markets of that coin. No market: the word names none.
 */
export type NewsWord = { readonly word: string; readonly markets: readonly string[] };

/** An unusable text; the message names the wrong part and what is allowed. */
export class NewsTextError extends Error {
  override readonly name = 'NewsTextError';
}

const MAX_ADDRESSES = 50;
const MAX_WORDS = 1_000;
const MAX_WORD = 60;
const NAMED = /^([^=:/]+)=(.*)$/;
const ADDRESS_FORM = 'such as https://host/feed.xml or NAME=https://host/feed.xml';
const WORDS_FORM = 'such as bitcoin,btc=BTCUSDT@binance,BTC/USD@kraken or fed,fomc=BTC';

/** Addresses separated by `;`, each with a name if wanted (`CoinDesk=https://..`). @throws NewsTextError */
export function parseNewsAddresses(text: string): readonly NewsAddress[] {
  const found = new Map<string, NewsAddress>();
  for (const part of partsOf(text, ';')) {
    const [, name, rest] = NAMED.exec(part) ?? [];
    const url = urlOf(rest ?? part);
    if (name !== undefined && (name.trim() === '' || name.trim().length > MAX_WORD))
      throw new NewsTextError(`"${name}" is not a name of 1 to ${MAX_WORD} characters`);
    if (!found.has(url)) found.set(url, { url, name: name?.trim() });
  }
  if (found.size > MAX_ADDRESSES)
    throw new NewsTextError(`${found.size} addresses, at most ${MAX_ADDRESSES} are polled`);
  return [...found.values()];
}

function urlOf(text: string): string {
  const given = text.trim();
  const url = URL.canParse(given) ? new URL(given) : undefined;
  // The text is not repeated, because it has a password.
  if (url !== undefined && (url.username !== '' || url.password !== ''))
    throw new NewsTextError(`the address at ${url.host} has a user name or password, refused`);
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new NewsTextError(`"${given}" is not an address ${ADDRESS_FORM}`);
  url.hash = '';
  return url.href;
}

/** `WORD,WORD=MARKET,MARKET`, several separated by `;`. @throws NewsTextError */
export function parseNewsWords(text: string): readonly NewsWord[] {
  const words = partsOf(text, ';').flatMap((part) => {
    const at = part.indexOf('=');
    if (at < 0) throw new NewsTextError(`"${part}" has no "=" (${WORDS_FORM})`);
    const named = partsOf(part.slice(0, at), ',');
    if (named.length === 0) throw new NewsTextError(`"${part}" has no word (${WORDS_FORM})`);
    const markets = partsOf(part.slice(at + 1), ',');
    for (const market of markets) checkMarket(market, part);
    return named.map((word) => ({ word: checkedWord(word), markets }));
  });
  if (words.length > MAX_WORDS)
    throw new NewsTextError(`${words.length} words, at most ${MAX_WORDS} are looked for`);
  return words;
}

function checkMarket(market: string, part: string): void {
  const isCoin = /^[\p{L}\p{N}]{1,20}$/u.test(market);
  if (!isCoin && !isSymbol(market))
    throw new NewsTextError(
      `"${market}" in "${part}" is neither a symbol (BTCUSDT@binance) nor a coin (BTC)`,
    );
}

function checkedWord(word: string): string {
  if (word.length > MAX_WORD || !/[\p{L}\p{N}]/u.test(word))
    throw new NewsTextError(
      `"${word}" is not a word of at most ${MAX_WORD} characters with a letter or digit`,
    );
  return word.normalize('NFC');
}

function partsOf(text: string, by: string): readonly string[] {
  return text
    .split(by)
    .map((each) => each.trim())
    .filter((each) => each !== '');
}
