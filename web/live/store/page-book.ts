/*
 * The one book of a symbol on a page. Channels of different depth, and views of one channel made at different moments,
 * are all true and say different best prices; side by side they are a contradiction. So whatever shows best prices
 * beside a ladder shows those of that ladder: same view, same flush. Only where there is no ladder it has one of its own.
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

  /** `own` gives the store that serves while no ladder is on the page. */
  constructor(own: () => LadderStore) {
    this.#own = own;
  }

  readonly subscribe = this.#listeners.add;

  readonly getSnapshot = (): View<LadderView> => this.#source.getSnapshot();

  readonly getServerSnapshot = (): View<LadderView> => this.#source.getServerSnapshot();

  /** A ladder is on the page until the returned function is called; of several the newest is the book of the page. */
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

  /** The new one is followed before the old one is left: what both share is not let go in between. */
  #follow(): void {
    const source = this.#source;
    if (this.#followed === source) return;
    const leave = this.#leave;
    this.#followed = source;
    this.#leave = source.subscribe(this.#listeners.notify);
    leave?.();
  }
}
