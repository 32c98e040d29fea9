import type { Instrument } from '@tapedeck/market/instrument/instrument';

import { COIN_WORDS, coinOf } from './coin-words.ts';
import type { NewsWord } from './setting/news-setting.ts';

/** A headline names at most as many, like a pushed one. */
const MAX_SYMBOLS = 50;
/** A shorter code (`AI`, `OP`) is too often a word of its own: it counts only as `$OP`. */
const LEAST_CODE = 3;
/** Scripts that put no space between words, or write particles onto them. */
const SPACELESS = String.raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}`;
const IS_SPACELESS = new RegExp(`[${SPACELESS}]`, 'u');
/** What continues a word: `BTC` is not in SBTCX, but it is in 「BTC上昇」. */
const CONTINUES = String.raw`[[\p{L}\p{N}\p{M}_]--[${SPACELESS}]]`;
const CAPITAL = /\p{Lu}/u;

type Rule = { readonly pattern: RegExp; readonly markets: ReadonlySet<string> };
type Market = Pick<Instrument, 'symbol' | 'base'>;

/**
 * Which markets a headline is about, by its words. The configured words come first; a coin's code and name name its
 * live markets, unless that word is configured.
 */
export class WordTags {
  readonly #rules: readonly Rule[];
  readonly #configured: ReadonlySet<string>;
  readonly #symbols: readonly string[];
  readonly #coins = new Map<string, readonly RegExp[]>();

  constructor(words: readonly NewsWord[]) {
    this.#rules = words
      .filter(({ markets }) => markets.length > 0)
      .map(({ word, markets }) => ({ pattern: wordPattern(word), markets: new Set(markets) }));
    this.#configured = new Set(words.map(({ word }) => word.toLowerCase()));
    const named = words.flatMap(({ markets }) => markets);
    this.#symbols = [...new Set(named.filter((market) => market.includes('@')))];
  }

  /** Symbols of live markets that these lines of text name, in the markets' order. */
  symbolsOf(lines: readonly string[], live: readonly Market[]): readonly string[] {
    const says = (pattern: RegExp): boolean => lines.some((line) => pattern.test(line));
    const named = new Set(
      this.#rules.filter(({ pattern }) => says(pattern)).flatMap(({ markets }) => [...markets]),
    );
    const coins = new Map<string, boolean>();
    const isNamed = (coin: string): boolean => {
      let found = coins.get(coin);
      if (found === undefined) {
        found = named.has(coin) || this.#patternsOf(coin).some(says);
        coins.set(coin, found);
      }
      return found;
    };
    return live
      .filter(({ symbol, base }) => named.has(symbol) || (base !== '' && isNamed(coinOf(base))))
      .map(({ symbol }) => symbol)
      .slice(0, MAX_SYMBOLS);
  }

  /** Configured symbols that are no market of the feed now: perhaps misspelt. */
  missing(live: readonly Market[]): readonly string[] {
    const present = new Set(live.map(({ symbol }) => symbol));
    return this.#symbols.filter((symbol) => !present.has(symbol));
  }

  #patternsOf(coin: string): readonly RegExp[] {
    let patterns = this.#coins.get(coin);
    if (patterns === undefined) {
      const code = coin.length < LEAST_CODE ? `$${coin}` : coin;
      patterns = [code, ...(COIN_WORDS[coin] ?? [])]
        .filter((word) => !this.#configured.has(word.replace(/^\$/, '').toLowerCase()))
        .map(wordPattern);
      this.#coins.set(coin, patterns);
    }
    return patterns;
  }
}

/**
 * Finds a word that is not part of a longer one. Without a capital letter it is found in any case, else only as
 * written: `LINK` is a coin, "link" is not.
 */
function wordPattern(word: string): RegExp {
  const parts = word
    .trim()
    .split(/\s+/)
    .map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}/]/g, String.raw`\$&`));
  const [first = '', last = ''] = [word.trim()[0], word.trim().at(-1)];
  const before = IS_SPACELESS.test(first) ? '' : `(?<!${CONTINUES})`;
  const after = IS_SPACELESS.test(last) ? '' : `(?!${CONTINUES})`;
  return new RegExp(before + parts.join(String.raw`\s+`) + after, CAPITAL.test(word) ? 'v' : 'iv');
}
