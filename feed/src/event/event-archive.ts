import { unlessUnreadable } from '@tapedeck/db/database/history-error';
import type { History } from '@tapedeck/db/history';

import type { EventArchive } from './event-log.ts';

/**
 * The log of a history, whichever file is open. If it is unreadable nothing can be resumed, and the answer says so
 * (P19).
 */
export function eventArchive(history: History): EventArchive {
  return {
    after: (...place) => unlessUnreadable(() => history.events.after(...place), undefined),
    holes: (...place) => unlessUnreadable(() => history.events.holes(...place), undefined),
  };
}
