/**
 * P6: a channel has one numeric id for every connection of a feed process, live or replay, so that a message is
 * encoded once for all its subscribers. Only valid channel names of served or recorded symbols get here, about thirty
 * per symbol, which bounds the table.
 */
export class ChannelIds {
  readonly #ids = new Map<string, number>();

  idOf(name: string): number {
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = this.#ids.size + 1;
      this.#ids.set(name, id);
    }
    return id;
  }
}
