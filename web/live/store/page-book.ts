/*
 * The one book of a symbol on a page. Channels of different depths, and views of one channel made at different
 * moments, are all true and have different best prices; side by side they contradict each other. So everything that
 * shows best prices beside a ladder shows the ladder's: same view, same flush. Only without a ladder it has its own.
 */
import { Listeners } from '../../signal/listeners.ts';
import type { LadderView, View } from '../model/view-model.ts';
import type { ViewStore } from './view-store.ts';

type LadderStore = ViewStore<LadderView>;

export class PageBook {
  readonly #own: () => LadderStore;
  readonly #listeners = new Listeners((isActive) => {
    if (isActive) this.#follow();
    else {
      this.#leave?.();
      this.#leave = undefined;
      this.#followed = undefined;
    }
  });
  /** Ladders on the page, the newest last. */
  readonly #ladders: LadderStore[] = [];
  #followed: LadderStore | undefined;
  #leave: (() => void) | undefined;

  /** `own` returns the store to use while no ladder is on the page. */
  constructor(own: () => LadderStore) {
    this.#own = own;
  }

  readonly subscribe = this.#listeners.add;

  readonly getSnapshot = (): View<LadderView> => this.#source.getSnapshot();

  readonly getServerSnapshot = (): View<LadderView> => this.#source.getServerSnapshot();

  /** The ladder is on the page until the returned function is called; the newest of several is the page's book. */
  readonly offer = (ladder: LadderStore): (() => void) => {
    this.#ladders.push(ladder);
    this.#change();
    return () => {
      const at = this.#ladders.lastIndexOf(ladder);
      if (at >= 0) this.#ladders.splice(at, 1);
      this.#change();
    };
  };

  get #source(): LadderStore {
    return this.#ladders.at(-1) ?? this.#own();
  }

  #change(): void {
    if (!this.#listeners.isActive || this.#followed === this.#source) return;
    this.#follow();
    this.#listeners.notify();
  }

  /** Follows the new one before leaving the old one, so that what both share stays watched. */
  #follow(): void {
    const source = this.#source;
    if (this.#followed === source) return;
    const leave = this.#leave;
    this.#followed = source;
    this.#leave = source.subscribe(this.#listeners.notify);
    leave?.();
  }
}
