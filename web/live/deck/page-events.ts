import type { Cancel } from '@tapedeck/market/time/clock';
import type { LoggedEvent, SyncBody } from '@tapedeck/market/wire/event';

import { Listeners } from '../../signal/listeners.ts';
import { Signal } from '../../signal/signal.ts';
import type { EventStreamView } from '../model/view-model.ts';

/** The feed's events as they come from the worker. */
export class PageEvents {
  readonly view = new Signal<EventStreamView>({ state: 'waiting', lost: 0 });
  readonly #listeners = new Listeners<[LoggedEvent]>();
  readonly #syncListeners = new Listeners<[SyncBody['resume']]>();
  /** They have begun in this worker's life. */
  #isSynced = false;

  readonly take = this.#listeners.notify;

  /** Listens to every event of the feed's log, in order. */
  readonly onEvent = this.#listeners.add;

  /** Listens to each beginning, with how far the events were resumed; at once if they have begun already. */
  onSync(listener: (resume: SyncBody['resume']) => void): Cancel {
    if (this.#isSynced) listener('none');
    return this.#syncListeners.add(listener);
  }

  sync(resume: SyncBody['resume']): void {
    this.#isSynced = true;
    this.#syncListeners.notify(resume);
  }

  /** The worker is gone. */
  end(): void {
    this.#isSynced = false;
    this.view.set({ ...this.view.getSnapshot(), state: 'waiting' });
  }
}
