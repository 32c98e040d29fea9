import type { EventHoles } from '@tapedeck/db/event/event-store';
import type { EventBody, EventTopic, LoggedEvent } from '@tapedeck/market/wire/event';

import { Ring } from '../engine/ring.ts';

/** Events kept in memory for short resumes. */
const RING = 1_024;
/** Most events that one resume brings; older ones are counted as lost (P19). */
export const MAX_RESUMED = 500;
/** Events of one look into the history; a resume looks until there are no more, to count what it cannot bring. */
const PAGE = 20_000;
/** An absence of more events than this many pages is too long to be resumed: counting them would stall the feed. */
const MAX_PAGES = 5;

/** Where resumes beyond the ring come from. */
export interface EventArchive {
  /** Events after a position, in order; undefined for an unknown epoch. */
  readonly after: (
    epoch: string,
    seq: number,
    topics: readonly EventTopic[],
    limit: number,
  ) => readonly LoggedEvent[] | undefined;
  /** What it misses between a position and the memory of the present life. */
  readonly holes: (
    epoch: string,
    seq: number,
    until: { readonly epoch: string; readonly seq: number },
  ) => EventHoles | undefined;
}

/** What could be brought back after a `Last-Event-ID`. */
export type Resumed = {
  readonly events: readonly LoggedEvent[];
  readonly resume: 'full' | 'partial' | 'none';
  /** Those that are known to be missing. `partial` with 0: a feed was killed, and what it said last is not known. */
  readonly lost: number;
};

/** Somebody who is told of events as they come. */
export type EventListener = {
  readonly event: (event: LoggedEvent) => void;
  /** What came before is void: a replay was sought. */
  readonly restarted?: () => void;
  /** Nothing will follow. */
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

  /** Life of the log: ids of another one mean other events. */
  get epoch(): string {
    return this.#epoch;
  }

  /** Id of the newest event: where a stream that starts now goes on from. */
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

  /** A new life, after a seek: nothing before it counts any more, and whoever listens is told. */
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
    // The recorder writes a moment later than the ring: what it has not written yet is still in memory.
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

  /** The newest page of what the history has after a position, and how many events were before that page. */
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
      // A resume is made of the newest: of the page before only its end may still be needed.
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
