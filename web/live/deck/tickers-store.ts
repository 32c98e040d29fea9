import type { TickerView, View } from '../model/view-model.ts';
import { LOADING_VIEW, type ViewStore } from '../store/view-store.ts';
import type { Deck } from './deck.ts';

/** Several tickers as one store: its snapshot is a map, replaced only when a ticker changes. */
export class TickersStore {
  readonly #symbols: readonly string[];
  readonly #deck: Deck;
  readonly #serverSnapshot: ReadonlyMap<string, View<TickerView>>;
  #snapshot: ReadonlyMap<string, View<TickerView>> = new Map();

  constructor(deck: Deck, symbols: readonly string[]) {
    this.#deck = deck;
    this.#symbols = symbols;
    this.#serverSnapshot = new Map(symbols.map((symbol) => [symbol, LOADING_VIEW]));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    const cancels = this.#symbols.map((symbol) => this.#store(symbol).subscribe(listener));
    return () => {
      for (const cancel of cancels) cancel();
    };
  };

  readonly getSnapshot = (): ReadonlyMap<string, View<TickerView>> => {
    const isSame =
      this.#snapshot.size === this.#symbols.length &&
      this.#symbols.every(
        (symbol) => this.#snapshot.get(symbol) === this.#store(symbol).getSnapshot(),
      );
    if (!isSame) {
      this.#snapshot = new Map(
        this.#symbols.map((symbol) => [symbol, this.#store(symbol).getSnapshot()]),
      );
    }
    return this.#snapshot;
  };

  readonly getServerSnapshot = (): ReadonlyMap<string, View<TickerView>> => this.#serverSnapshot;

  #store(symbol: string): ViewStore<TickerView> {
    return this.#deck.view({ kind: 'ticker', symbol });
  }
}
