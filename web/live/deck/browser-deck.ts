import { systemClock } from '../../clock/system-clock.ts';
import { accessToken, feedAddress } from '../../http/feed-address.ts';
import { Signal } from '../../signal/signal.ts';
import { browserScheduler, FlushLoop } from '../store/flush-loop.ts';
import { startWorker } from './browser-worker.ts';
import { Deck, type DeckEnvironment } from './deck.ts';

/** One frame loop for the whole page. On a server it is created and never runs. */
export const flushLoop = new FlushLoop(browserScheduler());

const browserEnvironment: DeckEnvironment = {
  loop: flushLoop,
  clock: systemClock,
  startWorker,
  async addresses() {
    const addresses = await feedAddress.addresses();
    return { addresses, preferSameOrigin: feedAddress.prefersSameOrigin };
  },
  token: accessToken,
  isVisible: () => document.visibilityState === 'visible',
  onVisibility(listener) {
    document.addEventListener('visibilitychange', listener);
    return () => document.removeEventListener('visibilitychange', listener);
  },
  onLeave(leave, comeBack) {
    const onShow = ({ persisted }: PageTransitionEvent): void => {
      if (persisted) comeBack();
    };
    addEventListener('pagehide', leave);
    addEventListener('pageshow', onShow);
    return () => {
      removeEventListener('pagehide', leave);
      removeEventListener('pageshow', onShow);
    };
  },
  onVia: (via) => feedAddress.note(via),
};

/** The live market's deck: one per page, whatever mounts and unmounts. */
export const liveDeck = new Deck(browserEnvironment);

/** The deck of one replay; its owner starts and stops it. */
export function createReplayDeck(replayId: string): Deck {
  return new Deck(browserEnvironment, replayId);
}

/** The replay that has taken over the page, if any: while it is set, nothing on the page may be live. */
export const replaySlot = new Signal<Deck | undefined>(undefined);
