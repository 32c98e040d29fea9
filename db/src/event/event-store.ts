import { isStoryLink } from '@tapedeck/market/instrument/story-link';
import type { EpochMs } from '@tapedeck/market/number/level';
import type {
  AlertEvent,
  EventBody,
  EventTopic,
  Headline,
  LoggedEvent,
  SessionEvent,
  StatusBody,
} from '@tapedeck/market/wire/event';

import { storedNames } from '../database/damaged-row.ts';
import type { SqliteConnection } from '../database/database.ts';

/** Which headlines or status events to read: `from <= time <= to`, newest first. */
export type EventQuery = {
  readonly session?: string | undefined;
  readonly symbols?: readonly string[] | undefined;
  readonly from?: EpochMs | undefined;
  readonly to?: EpochMs | undefined;
  readonly limit: number;
  /** `next` of the previous page. */
  readonly cursor?: string | undefined;
};
export type EventPage<T> = { readonly items: readonly T[]; readonly next?: string | undefined };

/** What is missing between two positions of the log. */
export type EventHoles = {
  /** Number of missing events, of all topics, because their topics are unknown. */
  readonly lost: number;
  /** An epoch was killed, so the number of its last events is unknown. */
  readonly isOpen: boolean;
  /** The position never existed: its epoch ended in order before it. */
  readonly isBeyond: boolean;
};

/** Context of an event besides its body. */
export type EventContext = {
  /** The session it was recorded in. */
  readonly session?: string | undefined;
};

type Row = Readonly<Record<string, string | number | null>> & { readonly id: number };
type Filter = { readonly where: string; readonly values: (string | number)[] };

const TABLES: Readonly<Record<EventTopic, string>> = {
  news: 'headline',
  status: 'status_event',
  alert: 'alert_event',
  session: 'session_event',
};
const POSITION = 'epoch, seq, session, time';
const PLACED = '@epoch, @seq, @session, @time';
const INSERTS: Readonly<Record<EventTopic, string>> = {
  news: `insert or ignore into headline (${POSITION}, headline_id, source, symbols, title, event_id, link)
         values (${PLACED}, @id, @source, @symbols, @title, @eventId, @link)`,
  status: `insert into status_event (${POSITION}, severity, kind, symbols, message)
           values (${PLACED}, @severity, @kind, @symbols, @message)`,
  alert: `insert or ignore into alert_event
            (${POSITION}, alert_id, rule_id, symbol, state, previous_state, message, value)
          values (${PLACED}, @id, @ruleId, @symbol, @state, @previousState, @message, @value)`,
  session: `insert into session_event (${POSITION}, about, change) values (${PLACED}, @id, @change)`,
};
const CURSOR = /^(\d{1,15})\.(\d{1,15})$/;

/** Headlines, status, alert and session events: one log for SSE resume (P19), and paged by time. */
export class EventStore {
  readonly #connection: SqliteConnection;
  readonly #epochs = new Map<string, number>();
  /** Prepared when first used: a file of an older version, which is only read, may lack a column. */
  readonly #inserts = new Map<EventTopic, ReturnType<SqliteConnection['prepare']>>();

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  /** Stores an event. An empty `id` means that it has no position in the log (backfilled). */
  append(event: LoggedEvent, context: EventContext = {}): void {
    const split = event.id.lastIndexOf(':');
    const epoch = split < 0 ? null : this.#epochId(event.id.slice(0, split));
    const seq = split < 0 ? null : Number(event.id.slice(split + 1));
    const session = context.session ?? null;
    // Spread the body first, because a session event has its own id and time.
    const row: Record<string, unknown> = { value: null, eventId: null, link: null, ...event.body };
    if ('symbols' in event.body) row['symbols'] = JSON.stringify(event.body.symbols);
    let insert = this.#inserts.get(event.topic);
    if (insert === undefined) {
      insert = this.#connection.prepare(INSERTS[event.topic]);
      this.#inserts.set(event.topic, insert);
    }
    insert.run({ ...row, epoch, seq, session });
  }

  /**
   * Events of these topics after `(epoch, seq)`, in order, across restarts (P19). Undefined if the epoch is unknown,
   * so that a resume is impossible.
   */
  after(
    epoch: string,
    seq: number,
    topics: readonly EventTopic[],
    limit: number,
  ): readonly LoggedEvent[] | undefined {
    const id = this.#findEpoch(epoch);
    if (id === undefined) return undefined;
    const found = topics.flatMap((topic) =>
      this.#connection
        .prepare<[number, number, number], Row>(
          `select t.*, e.name as epoch_name from ${TABLES[topic]} t join epoch e on e.id = t.epoch
           where (t.epoch, t.seq) > (?, ?) order by t.epoch, t.seq limit ?`,
        )
        .all(id, seq, limit)
        .map((row) => ({ row, event: toLogged(this.#connection, topic, row) })),
    );
    return found
      .toSorted(
        (a, b) =>
          Number(a.row['epoch']) - Number(b.row['epoch']) ||
          Number(a.row['seq']) - Number(b.row['seq']),
      )
      .slice(0, limit)
      .map((entry) => entry.event);
  }

  /** Records a new epoch before its first event, so that a later resume recognises it. */
  begin(epoch: string): void {
    this.#epochId(epoch);
  }

  /** Records that an epoch ended in order with `seq`, so that its missing events can be counted. */
  end(epoch: string, seq: number): void {
    const id = this.#epochId(epoch);
    this.#connection.prepare('update epoch set ended_seq = ? where id = ?').run(seq, id);
  }

  /**
   * What is missing between `(epoch, seq)` and position `until` of the current epoch, whose later events are in
   * memory. Undefined if the epoch is unknown.
   */
  holes(
    epoch: string,
    seq: number,
    until: { readonly epoch: string; readonly seq: number },
  ): EventHoles | undefined {
    const id = this.#findEpoch(epoch);
    const present = this.#findEpoch(until.epoch);
    if (id === undefined || present === undefined) return undefined;
    const stored = new Map<number, { count: number; last: number }>();
    for (const table of Object.values(TABLES)) {
      const rows = this.#connection
        .prepare<number[], { epoch: number; count: number; last: number }>(
          `select epoch, count(*) as count, max(seq) as last from ${table}
           where (epoch, seq) > (?, ?) and (epoch, seq) <= (?, ?) group by epoch`,
        )
        .all(id, seq, present, until.seq);
      for (const row of rows) {
        const sum = stored.get(row.epoch) ?? { count: 0, last: 0 };
        stored.set(row.epoch, {
          count: sum.count + row.count,
          last: Math.max(sum.last, row.last),
        });
      }
    }
    const lives = this.#connection
      .prepare<[number, number], { id: number; endedSeq: number | null }>(
        'select id, ended_seq as endedSeq from epoch where id between ? and ?',
      )
      .all(id, present);
    const holes = { lost: 0, isOpen: false, isBeyond: false };
    for (const life of lives) {
      const from = life.id === id ? seq : 0;
      const { count, last } = stored.get(life.id) ?? { count: 0, last: from };
      const end = life.id === present ? until.seq : life.endedSeq;
      holes.isOpen ||= end === null;
      holes.isBeyond ||= life.id !== present && end !== null && end < from;
      holes.lost += Math.max(0, (end ?? last) - from - count);
    }
    return holes;
  }

  /** The highest seq of an epoch, 0 if it has no event yet. */
  lastSeq(epoch: string): number {
    const id = this.#findEpoch(epoch);
    if (id === undefined) return 0;
    return Object.values(TABLES).reduce((highest, table) => {
      const seq = this.#connection
        .prepare<[number], number>(`select coalesce(max(seq), 0) from ${table} where epoch = ?`)
        .pluck()
        .get(id);
      return Math.max(highest, seq ?? 0);
    }, 0);
  }

  /** Whether a headline with this id and text is stored, from a given time on. */
  hasHeadline({ id, title }: Pick<Headline, 'id' | 'title'>, from: EpochMs): boolean {
    const found = this.#connection
      .prepare('select 1 from headline where time >= ? and headline_id = ? and title = ? limit 1')
      .get(from, id, title);
    return found !== undefined;
  }

  /** Which of these ids and links belong to stored headlines. */
  knownHeadlines(
    ids: readonly string[],
    links: readonly string[],
  ): { readonly ids: ReadonlySet<string>; readonly links: ReadonlySet<string> } {
    const among = (column: string, values: readonly string[]): ReadonlySet<string> =>
      new Set(
        this.#connection
          .prepare<[string], string>(
            `select distinct ${column} from headline
             where ${column} in (select value from json_each(?))`,
          )
          .pluck()
          .all(JSON.stringify(values)),
      );
    return { ids: among('headline_id', ids), links: among('link', links) };
  }

  /** Headlines, newest first, paged. */
  headlines(query: EventQuery): EventPage<Headline> {
    return this.#page('news', query, (row) => toHeadline(this.#connection, row));
  }

  /** Status events, newest first, paged. */
  statuses(query: EventQuery): EventPage<StatusBody> {
    return this.#page('status', query, (row) => toStatus(this.#connection, row));
  }

  /** The alert log, newest first, paged; it is not filtered by session or symbol. */
  alerts(query: Omit<EventQuery, 'session' | 'symbols'>): EventPage<AlertEvent> {
    return this.#page('alert', query, toAlert);
  }

  /** Headlines and status events of a session from `from` on, oldest first, merged by time, for replay (P30). */
  *eventsFrom(session: string, from: EpochMs): Generator<LoggedEvent> {
    const read = (topic: 'news' | 'status'): LoggedEvent[] =>
      this.#connection
        .prepare<[string, number], Row>(
          `select t.*, e.name as epoch_name from ${TABLES[topic]} t left join epoch e on e.id = t.epoch
           where t.session = ? and t.time >= ? order by t.time, t.id`,
        )
        .all(session, from)
        .map((row) => toLogged(this.#connection, topic, row));
    // Headlines are rare (one every few minutes), so those of a whole session fit in memory.
    yield* [...read('news'), ...read('status')].toSorted((a, b) => a.body.time - b.body.time);
  }

  #page<T>(topic: EventTopic, query: EventQuery, convert: (row: Row) => T): EventPage<T> {
    const filter: Filter = { where: 'time between ? and ?', values: [] };
    let { where } = filter;
    const values: (string | number)[] = [query.from ?? 0, query.to ?? Number.MAX_SAFE_INTEGER];
    if (query.session !== undefined) {
      where += ' and session = ?';
      values.push(query.session);
    } else if (topic === 'news') {
      // Overlapping recordings have the same headlines: return each once, from the latest.
      where += ` and not exists (select 1 from headline other where other.time = headline.time
        and other.headline_id = headline.headline_id and other.id > headline.id)`;
    }
    if (query.symbols !== undefined && query.symbols.length > 0) {
      // An event without symbols applies to all symbols.
      const marks = query.symbols.map(() => '?').join(', ');
      where += ` and (symbols = '[]' or exists (select 1 from json_each(symbols) where value in (${marks})))`;
      values.push(...query.symbols);
    }
    const cursor = query.cursor === undefined ? null : CURSOR.exec(query.cursor);
    if (cursor !== null) {
      where += ' and (time, id) < (?, ?)';
      values.push(Number(cursor[1]), Number(cursor[2]));
    }
    const rows = this.#connection
      .prepare<(string | number)[], Row>(
        `select * from ${TABLES[topic]} where ${where} order by time desc, id desc limit ?`,
      )
      .all(...values, query.limit + 1);
    const shown = rows.slice(0, query.limit);
    const last = shown.at(-1);
    const items = shown.map(convert);
    if (rows.length <= query.limit || last === undefined) return { items };
    return { items, next: `${last['time']}.${last.id}` };
  }

  #findEpoch(name: string): number | undefined {
    const known = this.#epochs.get(name);
    if (known !== undefined) return known;
    const id = this.#connection
      .prepare<[string], number>('select id from epoch where name = ?')
      .pluck()
      .get(name);
    if (id !== undefined) this.#epochs.set(name, id);
    return id;
  }

  #epochId(name: string): number {
    this.#connection.prepare('insert or ignore into epoch (name) values (?)').run(name);
    const id = this.#connection
      .prepare<[string], number>('select id from epoch where name = ?')
      .pluck()
      .get(name);
    return id ?? 0;
  }
}

function toLogged(connection: SqliteConnection, topic: EventTopic, row: Row): LoggedEvent {
  const name = row['epoch_name'];
  const id = name === null || name === undefined ? '' : `${name}:${row['seq']}`;
  switch (topic) {
    case 'news':
      return { id, topic, body: toHeadline(connection, row) };
    case 'status':
      return { id, topic, body: toStatus(connection, row) };
    case 'alert':
      return { id, topic, body: toAlert(row) };
    case 'session':
      return { id, topic, body: toSessionEvent(row) };
  }
}

function toHeadline(connection: SqliteConnection, row: Row): Headline {
  const eventId = row['event_id'];
  // A tape from elsewhere may have anything in it, and an older one has no links.
  const link = String(row['link'] ?? '');
  return {
    id: String(row['headline_id']),
    time: Number(row['time']),
    source: String(row['source']),
    symbols: storedNames(connection, `headline ${row.id}`, row['symbols']),
    title: String(row['title']),
    ...(eventId === null ? {} : { eventId: String(eventId) }),
    ...(isStoryLink(link) ? { link } : {}),
  };
}

function toStatus(connection: SqliteConnection, row: Row): StatusBody {
  return {
    time: Number(row['time']),
    severity: row['severity'] as StatusBody['severity'],
    kind: String(row['kind']),
    symbols: storedNames(connection, `status event ${row.id}`, row['symbols']),
    message: String(row['message']),
  };
}

function toAlert(row: Row): AlertEvent {
  const value = row['value'];
  return {
    id: String(row['alert_id']),
    ruleId: String(row['rule_id']),
    time: Number(row['time']),
    symbol: String(row['symbol']),
    state: row['state'] as AlertEvent['state'],
    previousState: row['previous_state'] as AlertEvent['state'],
    message: String(row['message']),
    value: value === null || value === undefined ? null : Number(value),
  };
}

function toSessionEvent(row: Row): SessionEvent {
  return {
    id: String(row['about']),
    change: row['change'] as EventBody['session']['change'],
    time: Number(row['time']),
  };
}
