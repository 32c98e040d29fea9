/**
 * P6: a channel has one numeric id for every connection of a feed process, live or replay, so that a message is
 * encoded once for all of its subscribers. Names are validated before they get here; the table is bounded all the
 * same, because replays can name any recorded symbol.
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
