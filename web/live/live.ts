/*
 * The one door between the data path and the panels. Panels import from here, never from another file of this folder: they see values with states, not sockets, deltas or workers.
 */
export { subscribeCandles } from './candle-subscription.ts';
export { isFiring, isOfRule } from './alert-news.ts';
export { type Cross, crossOf } from './cross.ts';
export type { CandleHistory } from './candle-join.ts';
export type { Deck, LinkView } from './deck.ts';
export { LiveDeckProvider, ReplayDeckProvider, useDeck, useMode } from './deck-context.tsx';
export type { EventStreamView } from './event-stream.ts';
export { FeedError } from './feed-error.ts';
export { feedFetch } from './feed-fetch.ts';
export { onFeedEvent, useEventStream, useFeedEvents } from './use-feed-events.ts';
export { systemClock } from './system-clock.ts';
export { useInstruments } from './use-instruments.ts';
export { useFigures, useLamps, useLinkState } from './use-link.ts';
export { useReplay } from './use-replay.ts';
export {
  type LadderOptions,
  useBookState,
  useAnswerAge,
  useLadder,
  useMonotonic,
  useNow,
  usePageBook,
  useTape,
  useTicker,
  useTickers,
} from './use-views.ts';
export type * from './view-model.ts';
