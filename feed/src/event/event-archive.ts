import { unlessUnreadable } from '@tapedeck/db/database/history-error';
import type { History } from '@tapedeck/db/history';

import type { EventArchive } from './event-log.ts';

/** The log of a history, whichever file is open. Where it cannot be read nothing can be resumed: that is said (P19). */
export function eventArchive(history: History): EventArchive {
  return {
    after: (...place) => unlessUnreadable(() => history.events.after(...place), undefined),
    holes: (...place) => unlessUnreadable(() => history.events.holes(...place), undefined),
  };
}
