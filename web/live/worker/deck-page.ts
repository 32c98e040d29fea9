/*
 * One page of a deck's engine: its views and their beat, whether it is visible, and the replay commands that it waits
 * for. What it watches ends with it.
 */
import type { FeedLink } from '@tapedeck/market/link/feed-link';
import type { Clock } from '@tapedeck/market/time/clock';

import type { FromDeckWorker, ToDeckWorker } from '../model/deck-port.ts';
import type { Topic } from '../model/topics.ts';
import type { ChannelRecord } from './channel-record.ts';
import { ReplayCommands } from './replay-commands.ts';
import { ViewBoard } from './view-board.ts';

/** What concerns the page's deck rather than its port. */
export type DeckMessage = Exclude<ToDeckWorker, { type: 'here' | 'lock' }>;
export type DeckStart = Extract<ToDeckWorker, { type: 'start' }>;

/** What a page needs of its engine. */
export interface PageHost {
  readonly clock: Clock;
  readonly link: FeedLink;
  start(message: DeckStart): void;
  /** Dials or checks the link, if the addresses are known. */
  retry(): void;
  /** The record of the topic's channel, which is subscribed while anyone uses it. */
  use(topic: Topic): ChannelRecord;
  /** Ends one use. */
  leave(record: ChannelRecord): void;
  /** The page is gone. */
  left(page: DeckPage): void;
}

export class DeckPage {
  readonly board: ViewBoard;
  readonly commands: ReplayCommands;
  /** Sends at once, also to a hidden page. */
  readonly post: (message: FromDeckWorker) => void;
  readonly #host: PageHost;

  constructor(host: PageHost, post: (message: FromDeckWorker) => void) {
    this.#host = host;
    this.post = post;
    this.board = new ViewBoard(host.clock, post, (symbol) => host.link.epochOf(symbol));
    this.commands = new ReplayCommands(host.link, (request, error) =>
      this.board.tell({ type: 'replay-result', request, error }),
    );
  }

  /** Handles one message of the page. */
  hear(message: DeckMessage): void {
    switch (message.type) {
      case 'start':
        this.#host.start(message);
        return;
      case 'watch':
        if (!this.board.has(message.key))
          this.board.add(message.key, message.topic, this.#host.use(message.topic));
        return;
      case 'unwatch': {
        const record = this.board.remove(message.key);
        if (record !== undefined) this.#host.leave(record);
        return;
      }
      case 'visible':
        this.board.setVisible(message.visible);
        // When the page becomes visible, check at once whether the link still works.
        if (message.visible) this.#host.retry();
        return;
      case 'retry-now':
        this.#host.link.retry();
        return;
      case 'replay':
        this.commands.send(message.request, message.command);
        return;
      case 'stop':
        this.detach();
    }
  }

  /** The page is gone: nothing is posted any more, and what only it watched is unsubscribed. */
  detach(): void {
    for (const record of this.board.close()) this.#host.leave(record);
    this.#host.left(this);
  }
}
