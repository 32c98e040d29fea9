/* Each fault of a connection by itself; the test owns the socket and the clock. */
import { expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';
import type { ConnectionFaults, FaultKind } from '@tapedeck/market/wire/chaos';

import { NO_FAULTS } from '../config/chaos-setting.ts';
import { frameOf } from '../stream/frame/frame.ts';
import { JSON_FORM } from '../stream/frame/wire-form.ts';
import { ChaosSocket } from './chaos-socket.ts';

class Rig {
  readonly clock = new ManualClock();
  readonly heard: string[] = [];
  readonly counts = new Map<FaultKind, number>();
  faults: ConnectionFaults;
  readonly socket: ChaosSocket;

  constructor(faults: Partial<ConnectionFaults>, seed = 1) {
    this.faults = { ...NO_FAULTS, ...faults };
    this.socket = new ChaosSocket({
      socket: {
        send: ({ payload }) => void this.heard.push(payload.toString()),
        close: () => {},
        terminate: () => {},
        bufferedAmount: 5,
      },
      clock: this.clock,
      random: new Random(seed),
      faults: () => this.faults,
      onFault: (kind) => void this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1),
    });
    this.say('hello');
  }

  say(...messages: readonly string[]): void {
    this.socket.send(
      frameOf(
        JSON_FORM,
        messages.map((each) => Buffer.from(each)),
      ),
    );
  }

  sayMany(count: number): void {
    for (let i = 0; i < count; i++) this.say(String(i));
  }
}

const MANY = Array.from({ length: 1_000 }, (_, i) => String(i));

test('without faults everything passes through unchanged', () => {
  const rig = new Rig({});
  rig.sayMany(1_000);
  expect(rig.heard).toEqual(['hello', ...MANY]);
  expect(rig.counts.size).toBe(0);
});

test('the first frame is never affected', () => {
  for (let seed = 1; seed <= 50; seed++)
    expect(new Rig({ drop: 0.5, corrupt: 0.5, reorder: 0.5 }, seed).heard).toEqual(['hello']);
});

test('drop loses its share of frames and counts each one', () => {
  const rig = new Rig({ drop: 0.1 });
  rig.sayMany(1_000);
  expect(rig.heard.length).toBe(1_001 - (rig.counts.get('drop') ?? 0));
  expect(rig.counts.get('drop')).toBeGreaterThan(60);
  expect(rig.counts.get('drop')).toBeLessThan(140);
});

test('duplicate sends a frame twice in a row', () => {
  const rig = new Rig({ duplicate: 0.1 });
  rig.sayMany(1_000);
  const doubled = rig.heard.filter((text, index) => text === rig.heard[index - 1]);
  expect(doubled.length).toBe(rig.counts.get('duplicate'));
  expect([...new Set(rig.heard)]).toEqual(['hello', ...MANY]);
});

test('reorder swaps a frame with the next one, and loses nothing', () => {
  const rig = new Rig({ reorder: 0.1 });
  rig.sayMany(1_000);
  rig.faults = NO_FAULTS;
  rig.say('last');
  expect(rig.heard.toSorted()).toEqual(['hello', ...MANY, 'last'].toSorted());
  const late = rig.heard.filter((text, index) => Number(rig.heard[index - 1]) > Number(text));
  expect(late.length).toBe(rig.counts.get('reorder'));
  expect(late.length).toBeGreaterThan(50);
});

test('corrupt changes a letter of a book message, and cuts any other frame short', () => {
  const book = `{"type":"book-delta","channel":7,"bids":[[${'1'.repeat(40)},2]]}`;
  const trades = '{"type":"trades","trades":[[1,2,3,4,"buy"]]}';
  let lettered = 0;
  let cut = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const rig = new Rig({ corrupt: 0.5 }, seed);
    rig.say(trades, book);
    const [, got = ''] = rig.heard;
    if (!rig.counts.has('corrupt')) {
      expect(got).toBe(`${trades}\n${book}`);
    } else if (got.length === trades.length + 1 + book.length) {
      lettered++;
      // Never a letter of a trade: nothing could detect it.
      expect(got.startsWith(`${trades}\n`)).toBe(true);
    } else {
      cut++;
      expect(`${trades}\n${book}`.startsWith(got)).toBe(true);
    }
  }
  expect(lettered).toBeGreaterThan(30);
  expect(cut).toBeGreaterThan(30);
});

test('P22: what a stall holds counts as not taken, and goes out in order when it ends', () => {
  const rig = new Rig({ stallMs: 2_000 });
  let i = 0;
  while (!rig.counts.has('stall')) {
    rig.say(String(i++));
    rig.clock.advance(1_000);
  }
  const before = rig.heard.length;
  rig.say('held');
  expect(rig.heard.length).toBe(before);
  expect(rig.socket.bufferedAmount).toBeGreaterThan(5);
  rig.clock.advance(2_000);
  expect(rig.socket.bufferedAmount).toBe(5);
  expect(rig.heard.at(-1)).toBe('held');
  expect(rig.heard.slice(1, -1).map(Number)).toEqual(Array.from({ length: i }, (_, n) => n));
});

test('nothing of a closed connection is kept or sent', () => {
  const rig = new Rig({ stallMs: 2_000 });
  while (!rig.counts.has('stall')) {
    rig.say('x');
    rig.clock.advance(1_000);
  }
  const before = rig.heard.length;
  rig.say('held');
  rig.socket.gone();
  expect(rig.socket.bufferedAmount).toBe(5);
  rig.clock.advance(5_000);
  rig.say('after');
  expect(rig.heard.length).toBe(before);
});

test('the same seed affects the same frames', () => {
  const faults = { drop: 0.1, duplicate: 0.1, reorder: 0.1, corrupt: 0.1 };
  const run = (seed: number): string[] => {
    const rig = new Rig(faults, seed);
    rig.sayMany(200);
    return rig.heard;
  };
  expect(run(3)).toEqual(run(3));
  expect(run(3)).not.toEqual(run(4));
});
