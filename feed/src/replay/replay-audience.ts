import type { DownMessage } from '@tapedeck/market/wire/down';

import type { Connection } from '../stream/connection/connection.ts';

/**
 * The viewers of a replay (P26a), in order of arrival. The first is the host: the others see who leads, although
 * anyone may move the clock. When the host leaves, the next oldest becomes host.
 */
export class ReplayAudience {
  readonly #connections = new Set<Connection>();

  get size(): number {
    return this.#connections.size;
  }

  /** Id of the host's connection; undefined without viewers. */
  get host(): string | undefined {
    const [first] = this.#connections;
    return first?.id;
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#connections.values();
  }

  add(connection: Connection): void {
    this.#connections.add(connection);
  }

  /** False if it was not here. */
  delete(connection: Connection): boolean {
    return this.#connections.delete(connection);
  }

  tell(message: DownMessage): void {
    for (const connection of this.#connections) {
      connection.send(message);
      connection.flush();
    }
  }
}
