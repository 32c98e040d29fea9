/*
 * The only entrance to the data path. Panels import from here, never from another file of this folder: they see
 * values with states, not sockets, deltas or workers.
 */
export { subscribeCandles } from './deck/candle-subscription.ts';
export { isFiring, isOfRule } from './event/alert-news.ts';
export { type Cross, crossOf } from './model/cross.ts';
export type { LinkView } from './deck/deck.ts';
export { LiveDeckProvider, ReplayDeckProvider, useDeck, useMode } from './deck/deck-context.tsx';
export { FeedError } from '../http/feed-error.ts';
export { feedFetch } from '../http/feed-fetch.ts';
export { onFeedEvent, useEventStream, useFeedEvents } from './event/use-feed-events.ts';
export { PacedWork } from '../clock/paced-work.ts';
export { systemClock } from '../clock/system-clock.ts';
export { useCapabilities, useInstruments } from './deck/use-instruments.ts';
export { useVenueClocks } from './deck/use-venue-clocks.ts';
export { useFigures, useLamps, useLinkState } from './deck/use-link.ts';
export { useReplay } from './deck/use-replay.ts';
export {
  useAnswerAge,
  useLadder,
  useMonotonic,
  useNow,
  usePageBook,
  useTickers,
  useTopic,
} from './deck/use-views.ts';
export type * from './model/topics.ts';
export type * from './model/view-model.ts';
