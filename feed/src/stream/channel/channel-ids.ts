/**
 * P6: a channel has one numeric id for every connection of a feed process, live or replay, so that a message is
 * encoded once for all of its subscribers. Only valid names of symbols that are served or recorded get here, some
 * thirty of each symbol: that bounds the table.
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
