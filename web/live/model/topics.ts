/*
 * What panels can watch: one entry for each kind of topic. The types of topics and views come from the table, so the
 * hooks, the worker and the tests need no change for a new entry. The page imports only its types.
 */
import type { CandleInterval } from '@tapedeck/market/tape/candle';

import { ladderTopic, stateChannel } from './ladder-topic.ts';
import type { TopicDefinition } from './topic-definition.ts';
import type { TapeView, TickerView } from './view-model.ts';

/** Rates of section 2 of the dashboard's design; a ladder has its own. */
export const BEAT_MS = 100;
const TICKER_MS = 250;
const STATE_MS = 250;

type OfSymbol = { readonly symbol: string };

const tapeTopic: TopicDefinition<OfSymbol, TapeView> = {
  channel: ({ symbol }) => `trades:${symbol}`,
  periodMs: () => BEAT_MS,
  view: (_, source) => source.tape(),
  isMeasured: true,
};

const tickerTopic: TopicDefinition<OfSymbol, TickerView> = {
  channel: ({ symbol }) => `ticker:${symbol}`,
  periodMs: () => TICKER_MS,
  view: (_, source) => source.ticker(),
};

/** Only the health of the symbol's book, no value. */
const bookTopic: TopicDefinition<OfSymbol, never> = {
  channel: ({ symbol }) => stateChannel(symbol),
  periodMs: () => STATE_MS,
  view: () => undefined,
};

/** Its updates are posted in batches (`CandleBatch`), not as a view. */
const candlesTopic: TopicDefinition<OfSymbol & { readonly interval: CandleInterval }, never> = {
  channel: ({ symbol, interval }) => `candles:${symbol}:${interval}`,
  periodMs: () => BEAT_MS,
  view: () => undefined,
};

const TOPICS = {
  ladder: ladderTopic,
  tape: tapeTopic,
  ticker: tickerTopic,
  book: bookTopic,
  candles: candlesTopic,
} as const;

type Topics = typeof TOPICS;
export type TopicKind = keyof Topics;
type ChoiceOf<K extends TopicKind> =
  Topics[K] extends TopicDefinition<infer P, infer _V> ? P : never;

/** What a panel can watch. Panels that watch the same topic share it. */
export type Topic<K extends TopicKind = TopicKind> = {
  [Each in K]: { readonly kind: Each } & ChoiceOf<Each>;
}[K];
/** What a panel gets of a topic of this kind. */
export type TopicValue<K extends TopicKind = TopicKind> = {
  [Each in K]: Topics[Each] extends TopicDefinition<infer _P, infer V> ? V : never;
}[K];

type Definitions = { readonly [K in TopicKind]: TopicDefinition<Topic<K>, TopicValue<K>> };
const DEFINITIONS: Definitions = TOPICS;

export function definitionOf<K extends TopicKind>(
  topic: Topic<K>,
): TopicDefinition<Topic<K>, TopicValue<K>> {
  return DEFINITIONS[topic.kind];
}
