import { expect, test } from 'vitest';

import { parseNewsWords } from './setting/news-setting.ts';
import { WordTags } from './word-tags.ts';

const LIVE = [
  { symbol: 'BTCUSDT@binance', base: 'BTC' },
  { symbol: 'XBT/USD@kraken', base: 'XBT' },
  { symbol: 'ETHUSDT@binance', base: 'ETH' },
  { symbol: 'LINKUSDT@binance', base: 'LINK' },
  { symbol: 'OPUSDT@binance', base: 'OP' },
  { symbol: '1000PEPEUSDT@bybit-linear', base: '1000PEPE' },
  { symbol: 'MINE@desk', base: '' },
];

const BTC = ['BTCUSDT@binance', 'XBT/USD@kraken'];
const tagsOf = (line: string, words = ''): readonly string[] =>
  new WordTags(parseNewsWords(words)).symbolsOf([line], LIVE);

test.each<readonly [line: string, symbols: readonly string[]]>([
  ['Bitcoin hits a new high', BTC],
  ['BTC/USD falls, #ETH follows', [...BTC, 'ETHUSDT@binance']],
  ['“Bitcoin’s” year', BTC],
  // A code as a word of the language, or as part of another word, names nothing.
  ['The missing link in DeFi', []],
  ['LINK jumps', ['LINKUSDT@binance']],
  ['Together with SBTCX and bitcoins', []],
  ['An OP-ED on rules', []],
  ['$OP airdrop', ['OPUSDT@binance']],
  ['PEPE is back', ['1000PEPEUSDT@bybit-linear']],
  // Scripts without spaces, and with particles.
  ['ビットコインが上昇、ETHも続伸', ['ETHUSDT@binance']],
  ['BTC가 상승', BTC],
  ['币安BTC合约', BTC],
  ['Nothing about coins', []],
])('%s: %j', (line, symbols) => {
  expect(tagsOf(line)).toEqual(symbols);
});

test('P37c: configured words name symbols or coins, and replace the word of a coin', () => {
  const words = 'fed,rate cut=BTC;Mine=MINE@desk,NONE@desk;比特币=BTCUSDT@binance;link,ether=';
  expect(tagsOf('FED hints at a Rate  Cut', words)).toEqual(BTC);
  expect(tagsOf('Mine opens', words)).toEqual(['MINE@desk']);
  expect(tagsOf('a mine opens; federal', words)).toEqual([]);
  // Chinese puts no spaces between words.
  expect(tagsOf('今日比特币价格上涨', words)).toEqual(['BTCUSDT@binance']);
  expect(tagsOf('LINK and ether', words)).toEqual([]);
  expect(tagsOf('ethereum and chainlink', words)).toEqual(['ETHUSDT@binance', 'LINKUSDT@binance']);
  expect(new WordTags(parseNewsWords(words)).missing(LIVE)).toEqual(['NONE@desk']);
});

test('words with signs of regular expressions are plain words', () => {
  expect(tagsOf('C++ (BTC-C) up 5.0', 'c++=ETH;5.0=LINK;(btc-c)=OP')).toEqual([
    ...BTC,
    'ETHUSDT@binance',
    'LINKUSDT@binance',
    'OPUSDT@binance',
  ]);
  expect(tagsOf('510', '5.0=LINK')).toEqual([]);
});
