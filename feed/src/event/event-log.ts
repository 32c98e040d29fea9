import type { EventHoles } from '@tapedeck/db/event/event-store';
import type { EventBody, EventTopic, LoggedEvent } from '@tapedeck/market/wire/event';

import { Ring } from '../engine/ring.ts';

/** Events kept in memory for short resumes. */
const RING = 1_024;
/** Most events that one resume returns; older ones are counted as lost (P19). */
export const MAX_RESUMED = 500;
/** Events per query of the history; a resume queries until there are no more, to count what it cannot return. */
const PAGE = 20_000;
/** A longer absence, in pages, is not resumed: counting its events would stall the feed. */
const MAX_PAGES = 5;

/** Where resumes older than the ring come from. */
export interface EventArchive {
  /** Events after a position, in order; undefined for an unknown epoch. */
  readonly after: (
    epoch: string,
    seq: number,
    topics: readonly EventTopic[],
    limit: number,
  ) => readonly LoggedEvent[] | undefined;
  /** What is missing between a position and the current life's memory. */
  readonly holes: (
    epoch: string,
    seq: number,
    until: { readonly epoch: string; readonly seq: number },
  ) => EventHoles | undefined;
}

/** What could be returned after a `Last-Event-ID`. */
export type Resumed = {
  readonly events: readonly LoggedEvent[];
  readonly resume: 'full' | 'partial' | 'none';
  /** Events known to be missing. `partial` with 0: a feed was killed, and its last events are unknown. */
  readonly lost: number;
};

/** Receives events as they happen. */
export type EventListener = {
  readonly event: (event: LoggedEvent) => void;
  /** After a seek of a replay: events sent before no longer apply. */
  readonly restarted?: () => void;
  /** No event will follow. */
  readonly ended?: () => void;
};

/** Every news, status, alert and session event of one feed life (or one replay epoch), numbered from 1. */
export class EventLog {
  readonly #archive: EventArchive | undefined;
  #epoch: string;
  #ring = new Ring<LoggedEvent>(RING);
  readonly #listeners = new Set<EventListener>();
  #seq = 0;

  constructor(epoch: string, archive?: EventArchive) {
    this.#epoch = epoch;
    this.#archive = archive;
  }

  /** Epoch of the log: ids of another epoch mean other events. */
  get epoch(): string {
    return this.#epoch;
  }

  /** Id of the newest event: a stream that starts now continues from here. */
  get position(): string {
    return `${this.epoch}:${this.#seq}`;
  }

  /** Number of the newest event; 0 before the first. */
  get lastSeq(): number {
    return this.#seq;
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  append<T extends EventTopic>(topic: T, body: EventBody[T]): LoggedEvent {
    this.#seq++;
    const event = { id: this.position, topic, body } as LoggedEvent;
    this.#ring.push(event);
    for (const listener of this.#listeners) listener.event(event);
    return event;
  }

  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** A new epoch after a seek: earlier events no longer apply, and listeners are notified. */
  restart(epoch: string): void {
    this.#epoch = epoch;
    this.#seq = 0;
    this.#ring = new Ring(RING);
    for (const listener of this.#listeners) listener.restarted?.();
  }

  /** No event will follow. */
  end(): void {
    for (const listener of [...this.#listeners]) listener.ended?.();
    this.#listeners.clear();
  }

  /** The newest events of some topics, oldest first. */
  recent(topics: readonly EventTopic[], count: number): readonly LoggedEvent[] {
    return this.#ring
      .tail()
      .filter((event) => topics.includes(event.topic))
      .slice(-count);
  }

  /** P19: what came after `id`, first from memory, then from the history. */
  after(id: string, topics: readonly EventTopic[]): Resumed {
    const position = parseEventId(id);
    if (position === undefined) return { events: [], resume: 'none', lost: 0 };
    const { epoch, seq } = position;
    const wanted = (event: LoggedEvent): boolean => topics.includes(event.topic);
    if (epoch === this.epoch) {
      if (seq > this.#seq) return { events: [], resume: 'none', lost: 0 };
      if (seq >= this.#ring.dropped) {
        const events = this.#ring.tail(this.#seq - seq).filter(wanted);
        return newest(events);
      }
    }
    const archived = this.#archived(epoch, seq, topics);
    const inMemory = { epoch: this.epoch, seq: this.#ring.dropped };
    const holes = archived && this.#archive?.holes(epoch, seq, inMemory);
    if (archived === undefined || holes === undefined || holes.isBeyond)
      return { events: [], resume: 'none', lost: 0 };
    const { stored, passed } = archived;
    // The recorder writes slightly later than the ring: what it has not written yet is still in memory.
    const last = stored.reduce(
      (highest, event) => {
        const at = parseEventId(event.id);
        return at?.epoch === this.epoch ? Math.max(highest, at.seq) : highest;
      },
      epoch === this.epoch ? seq : 0,
    );
    const fresh = this.#ring.tail(Math.max(0, this.#seq - last)).filter(wanted);
    return newest([...stored, ...fresh], passed + holes.lost, holes.isOpen);
  }

  /** The newest page of the history's events after a position, and how many events were before that page. */
  #archived(
    epoch: string,
    seq: number,
    topics: readonly EventTopic[],
  ): { readonly stored: readonly LoggedEvent[]; readonly passed: number } | undefined {
    let stored = this.#archive?.after(epoch, seq, topics, PAGE);
    if (stored === undefined) return undefined;
    let passed = 0;
    for (let pages = 1; stored.length >= PAGE; pages++) {
      if (pages >= MAX_PAGES) return undefined;
      const last = parseEventId(stored.at(-1)?.id ?? '');
      const next =
        last === undefined ? undefined : this.#archive?.after(last.epoch, last.seq, topics, PAGE);
      if (next === undefined || next.length === 0) break;
      // A resume returns the newest events: of the previous page only the end may still be needed.
      const kept: readonly LoggedEvent[] = stored.slice(-MAX_RESUMED);
      passed += stored.length - kept.length;
      if (next.length < PAGE) return { stored: [...kept, ...next], passed };
      passed += kept.length;
      stored = next;
    }
    return { stored, passed };
  }
}

function newest(events: readonly LoggedEvent[], passed = 0, isOpen = false): Resumed {
  const over = Math.max(0, events.length - MAX_RESUMED);
  const lost = passed + over;
  return { events: events.slice(over), resume: lost === 0 && !isOpen ? 'full' : 'partial', lost };
}

/** `EPOCH:SEQ` as its parts; undefined for anything else. */
export function parseEventId(
  id: string,
): { readonly epoch: string; readonly seq: number } | undefined {
  const match = /^([A-Za-z0-9._-]{1,40}):(0|[1-9]\d{0,14})$/.exec(id);
  const [, epoch, seq] = match ?? [];
  return epoch === undefined || seq === undefined ? undefined : { epoch, seq: Number(seq) };
}
