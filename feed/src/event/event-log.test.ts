/* P19: what is returned after a `Last-Event-ID`, from memory, from a real history file, and across a restart. */

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { History } from '@tapedeck/db/history';
import { SessionWriter } from '@tapedeck/db/recording/session-writer';
import { TestHistory } from '@tapedeck/db/test/test-history';
import { EVENT_TOPICS, type EventTopic } from '@tapedeck/market/wire/event';

import { EventLog, MAX_RESUMED, parseEventId } from './event-log.ts';

const RING = 1_024;
let disk: TestHistory;
let history: History;

beforeEach(() => {
  disk = new TestHistory();
  history = disk.history;
});

afterEach(() => {
  disk.close();
});

/** One life of a feed: a log whose events are recorded until the test stops it. */
class Life {
  readonly log: EventLog;
  readonly #writer: SessionWriter;

  constructor(epoch: string) {
    this.log = new EventLog(epoch, history.events);
    history.events.begin(epoch);
    this.#writer = SessionWriter.begin(history, {
      id: `session-${epoch}`,
      label: epoch,
      source: 'sim',
      state: 'recording',
      origin: {},
      now: 1,
    });
  }

  say(count: number, topic: 'news' | 'status' = 'status'): void {
    for (let i = 0; i < count; i++) {
      const time = 1_000 + i;
      this.#writer.event(
        topic === 'news'
          ? this.log.append('news', {
              id: `${this.log.position}n`,
              time,
              source: 'wire',
              symbols: [],
              title: 'headline',
            })
          : this.log.append('status', {
              time,
              severity: 'info',
              kind: 'test',
              symbols: [],
              message: `event ${i}`,
            }),
      );
    }
  }

  commit(): void {
    this.#writer.flush({ now: 2, partial: true });
  }

  /** Ends as a feed does that is stopped normally. */
  end(): void {
    this.commit();
    history.events.end(this.log.epoch, this.log.lastSeq);
  }
}

function seqsAfter(log: EventLog, id: string, topics: readonly EventTopic[] = EVENT_TOPICS) {
  const { events, resume, lost } = log.after(id, topics);
  return { seqs: events.map((event) => parseEventId(event.id)?.seq), resume, lost };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('P19: from memory, without the history', () => {
  const { log } = new Life('e1');
  for (let i = 0; i < 20; i++)
    log.append('status', { time: i, severity: 'info', kind: 'k', symbols: [], message: 'm' });
  expect(seqsAfter(log, 'e1:17')).toEqual({ seqs: [18, 19, 20], resume: 'full', lost: 0 });
  expect(seqsAfter(log, 'e1:20')).toEqual({ seqs: [], resume: 'full', lost: 0 });
});

test('P19: events older than the ring come from the history, unwritten ones from memory', () => {
  const life = new Life('e1');
  life.say(RING + 300, 'news');
  life.say(100);
  life.commit();
  life.say(40);
  const last = RING + 440;
  expect(seqsAfter(life.log, `e1:3`, ['status'])).toEqual({
    seqs: range(RING + 301, last),
    resume: 'full',
    lost: 0,
  });
});

test('P19: if more were missed than one resume returns, the newest come and the others are counted', () => {
  const life = new Life('e1');
  life.say(RING + 200);
  life.commit();
  const last = RING + 200;
  expect(seqsAfter(life.log, 'e1:10')).toEqual({
    seqs: range(last - MAX_RESUMED + 1, last),
    resume: 'partial',
    lost: last - 10 - MAX_RESUMED,
  });
});

test('P19: however many were missed, all that cannot be returned are counted', () => {
  const life = new Life('e1');
  life.say(45_000);
  life.commit();
  life.say(10);
  expect(seqsAfter(life.log, 'e1:1')).toEqual({
    seqs: range(45_010 - MAX_RESUMED + 1, 45_010),
    resume: 'partial',
    lost: 45_009 - MAX_RESUMED,
  });
});

test('P19: across a restart with the same history nothing is missing and nothing comes twice', () => {
  const before = new Life('e1');
  before.say(30);
  before.end();
  const life = new Life('e2');
  life.say(5);
  life.commit();
  life.say(4);
  expect(seqsAfter(life.log, 'e1:27')).toEqual({
    seqs: [28, 29, 30, ...range(1, 9)],
    resume: 'full',
    lost: 0,
  });
  // A client that received everything of the previous life.
  expect(seqsAfter(life.log, 'e1:30')).toEqual({ seqs: range(1, 9), resume: 'full', lost: 0 });
});

test('P19: the same across two restarts, beyond the ring of the last', () => {
  const first = new Life('e1');
  first.say(10);
  first.end();
  const second = new Life('e2');
  second.say(20);
  second.end();
  const third = new Life('e3');
  third.say(RING + 50, 'news');
  third.say(7);
  third.commit();
  expect(seqsAfter(third.log, 'e1:8', ['status'])).toEqual({
    seqs: [9, 10, ...range(1, 20), ...range(RING + 51, RING + 57)],
    resume: 'full',
    lost: 0,
  });
});

test.each(['unknown:5', 'e1:99', 'nonsense', ''])('P19: %j cannot be resumed: none', (id) => {
  const life = new Life('e1');
  life.say(10);
  life.commit();
  expect(seqsAfter(life.log, id)).toEqual({ seqs: [], resume: 'none', lost: 0 });
});

test('P19a: the last events of a killed feed are unknown: partial, never full', () => {
  const before = new Life('e1');
  before.say(7);
  before.commit();
  // Sent, and not written when the feed was killed.
  before.say(1, 'news');
  const life = new Life('e2');
  life.say(2);
  expect(seqsAfter(life.log, 'e1:1')).toEqual({
    seqs: [...range(2, 7), 1, 2],
    resume: 'partial',
    lost: 0,
  });
  // A client that received it, or claims to have received much more: nothing else is known to be missing.
  expect(seqsAfter(life.log, 'e1:8')).toEqual({ seqs: [1, 2], resume: 'partial', lost: 0 });
  expect(seqsAfter(life.log, 'e1:5000')).toEqual({ seqs: [1, 2], resume: 'partial', lost: 0 });
});

test('P19a: a life of which only the epoch is recorded still counts', () => {
  const first = new Life('e1');
  first.say(3);
  first.end();
  new Life('e2').say(4);
  const life = new Life('e3');
  life.say(1);
  expect(seqsAfter(life.log, 'e1:3')).toEqual({ seqs: [1], resume: 'partial', lost: 0 });
});

test('P19a: unwritten events are counted, those of a normally ended life up to the last one', () => {
  const before = new Life('e1');
  before.say(4);
  before.commit();
  for (let i = 0; i < 3; i++) before.log.append('session', { id: 's', change: 'started', time: i });
  before.say(2);
  before.end();
  const life = new Life('e2');
  expect(seqsAfter(life.log, 'e1:2')).toEqual({ seqs: [3, 4, 8, 9], resume: 'partial', lost: 3 });
  expect(seqsAfter(life.log, 'e1:6')).toEqual({ seqs: [8, 9], resume: 'partial', lost: 1 });
  expect(seqsAfter(life.log, 'e1:7')).toEqual({ seqs: [8, 9], resume: 'full', lost: 0 });
  // A position that never existed.
  expect(seqsAfter(life.log, 'e1:10')).toEqual({ seqs: [], resume: 'none', lost: 0 });
});

test('P19a: a hole in the current life is counted once it is older than memory', () => {
  const life = new Life('e1');
  life.say(5);
  life.log.append('session', { id: 's', change: 'started', time: 1 });
  life.say(RING);
  life.commit();
  expect(seqsAfter(life.log, 'e1:2', ['session'])).toEqual({
    seqs: [],
    resume: 'partial',
    lost: 1,
  });
});
