import type { DownMessage } from '@tapedeck/market/wire/down';

/** Messages received by a test client: they wait until requested, in order; nothing is polled. */
export class TestInbox {
  #messages: DownMessage[] = [];
  #wake: (() => void) | undefined;
  #isEnded = false;

  add(messages: readonly DownMessage[]): void {
    this.#messages.push(...messages);
    this.#wake?.();
  }

  /** Nothing more will arrive. */
  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  /** The next message that matches, dropping those before it. @throws if there will be none. */
  async next<T extends DownMessage>(fits: MessageTest<T>): Promise<T> {
    for (;;) {
      for (
        let message = this.#messages.shift();
        message !== undefined;
        message = this.#messages.shift()
      ) {
        if (fits(message)) return message as T;
      }
      if (this.#isEnded) throw new Error('the connection ended before the message came');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** Whether a message is the awaited one. */
export type MessageTest<T extends DownMessage> =
  | ((message: DownMessage) => message is T)
  | ((message: DownMessage) => boolean);
