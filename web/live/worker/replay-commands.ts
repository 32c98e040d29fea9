import type { FeedLink } from '@tapedeck/market/link/feed-link';
import type { ReplayCommand } from '@tapedeck/market/wire/replay';

/** Replay commands in flight: each is settled once, by the feed or by the end of its link. */
export class ReplayCommands {
  readonly #link: FeedLink;
  readonly #answer: (request: number, error: string | undefined) => void;
  /** From the id on the wire to the page's own number. */
  readonly #requests = new Map<number, number>();

  constructor(link: FeedLink, answer: (request: number, error: string | undefined) => void) {
    this.#link = link;
    this.#answer = answer;
  }

  send(request: number, command: ReplayCommand): void {
    const id = this.#link.replay(command);
    if (id === undefined) this.#answer(request, 'the replay is not connected');
    else this.#requests.set(id, request);
  }

  /** The feed's response; with `error` if it refused. */
  settle(id: number | undefined, error?: string): void {
    const request = id === undefined ? undefined : this.#requests.get(id);
    if (id === undefined || request === undefined) return;
    this.#requests.delete(id);
    this.#answer(request, error);
  }

  cut(): void {
    for (const request of this.#requests.values()) this.#answer(request, 'the link was cut');
    this.#requests.clear();
  }
}
