import { expect, test } from 'vitest';

import { later, ManualClock, momentOf } from '@tapedeck/market/time/clock';

import type { FromDeckWorker, LinkReport, TopicHealth, ToDeckWorker } from '../model/deck-port.ts';
import type { TickerView } from '../model/view-model.ts';
import { FlushLoop } from '../store/flush-loop.ts';
import { healthAt, OPEN_LINK } from '../test-reports.ts';
import { Deck } from './deck.ts';

const TICKER = { kind: 'ticker', symbol: 'BTC-USD@sim' } as const;
const KEY = 'ticker:BTC-USD@sim';

/** A page whose worker is played by the test, on a clock that the test moves. */
class Page {
  readonly clock = new ManualClock();
  readonly told: ToDeckWorker[] = [];
  isVisible = true;
  /** Of each worker that was started: whether the one before was silent. */
  readonly workers: boolean[] = [];
  /** It gets no frames. */
  isFrozen = false;
  leave = (): void => {};
  comeBack = (): void => {};
  #speak: (message: FromDeckWorker) => void = () => {};
  readonly #painted: (() => void)[] = [];
  readonly loop = new FlushLoop({
    frame: (task) => this.#frame(task),
    monotonic: () => this.clock.monotonic(),
    afterPaint: (task) => void this.#painted.push(task),
    every: (periodMs, task) => this.clock.every(periodMs, task),
  });
  readonly deck: Deck;

  constructor(replayId?: string) {
    const { clock, loop } = this;
    this.deck = new Deck(
      {
        loop,
        clock,
        startWorker: (isSilent) => {
          this.workers.push(isSilent);
          return {
            post: (message) => void this.told.push(message),
            listen: (onMessage) => {
              this.#speak = onMessage;
            },
            terminate: () => {},
          };
        },
        addresses: () =>
          Promise.resolve({
            addresses: { direct: 'http://feed:8080', sameOrigin: 'http://web:3000' },
            preferSameOrigin: false,
          }),
        token: () => undefined,
        isVisible: () => this.isVisible,
        onVisibility: () => () => {},
        onLeave: (leave, comeBack) => {
          this.leave = leave;
          this.comeBack = comeBack;
          return () => {};
        },
        onVia: () => {},
      },
      replayId,
    );
  }

  #frame(task: () => void): void {
    this.clock.after(16, () => (this.isFrozen ? this.#frame(task) : task()));
  }

  say(message: FromDeckWorker): void {
    this.#speak(message);
    this.clock.advance(20);
  }

  open(change: Partial<LinkReport> = {}): void {
    this.say({ type: 'link', link: { ...OPEN_LINK, ...change } });
  }

  ticker(last: number, change: Partial<TopicHealth> = {}): void {
    const now = momentOf(this.clock);
    const value = { symbol: 'BTC-USD@sim', last } as unknown as TickerView;
    const health = healthAt(now, change);
    this.say({
      type: 'batch',
      receivedAt: now.at,
      topics: [{ key: KEY, value, health }],
      candles: [],
    });
  }

  state(): string {
    return this.deck.view(TICKER).getSnapshot().state.kind;
  }
}

function livePage(): Page {
  const page = new Page();
  page.deck.start();
  page.deck.view(TICKER).subscribe(() => {});
  page.open();
  page.ticker(100);
  return page;
}

/** A live page whose worker knows its feed. */
async function startedPage(): Promise<Page> {
  const page = livePage();
  for (let turn = 0; turn < 4; turn++) await Promise.resolve();
  return page;
}

test('a half-open link: without messages from the worker data is stale after 5 s and never live at 6 s', () => {
  const page = livePage();
  expect(page.state()).toBe('live');
  page.clock.advance(1_300);
  expect(page.state()).toBe('delayed');
  page.clock.advance(4_000);
  expect(page.state()).toBe('stale');
  expect(page.deck.lamps.getSnapshot().data.colour).toBe('red');
});

test('data that is old by the market’s clock is old on the data lamp as on its panel', () => {
  const page = livePage();
  page.clock.advance(600);
  expect(page.deck.lamps.getSnapshot().data.colour).toBe('green');
  page.ticker(101, { eventTime: page.clock.now() - 2_000 });
  page.clock.advance(600);
  expect(page.state()).toBe('delayed');
  expect(page.deck.lamps.getSnapshot().data.colour).toBe('amber');
});

test('a closed socket is disconnected at the next frame, with the moment of the retry', () => {
  const page = livePage();
  const retryAt = later(page.clock.monotonic(), 700);
  page.open({ state: 'waiting', retryAt, reason: 'the link broke' });
  const { state, value } = page.deck.view(TICKER).getSnapshot();
  expect(state).toMatchObject({ kind: 'disconnected', retryAt });
  expect(value?.last).toBe(100);
  expect(page.deck.link.getSnapshot()).toMatchObject({ state: 'waiting', retryAt });
  expect(page.deck.lamps.getSnapshot().transport.colour).toBe('red');
});

test('listeners are notified once per frame, with a snapshot that stays the same until the next', () => {
  const page = livePage();
  const store = page.deck.view(TICKER);
  let told = 0;
  store.subscribe(() => told++);
  const before = store.getSnapshot();
  expect(store.getSnapshot()).toBe(before);
  page.ticker(101);
  expect(told).toBe(1);
  expect(store.getSnapshot()).not.toBe(before);
  expect(store.getSnapshot().value?.last).toBe(101);
});

test('a topic outlives its last panel by 5 s, and the worker watches it once', () => {
  const page = new Page();
  page.deck.start();
  const watches = (): string[] =>
    page.told.filter(({ type }) => type === 'watch' || type === 'unwatch').map(({ type }) => type);
  const first = page.deck.view(TICKER).subscribe(() => {});
  const second = page.deck.view(TICKER).subscribe(() => {});
  first();
  second();
  page.clock.advance(4_000);
  const third = page.deck.view(TICKER).subscribe(() => {});
  page.clock.advance(6_000);
  expect(watches()).toEqual(['watch']);
  third();
  page.clock.advance(5_500);
  expect(watches()).toEqual(['watch', 'unwatch']);
});

test('a silent worker is replaced within 6 s, and until the next one speaks the page says that its link is gone', async () => {
  const page = await startedPage();
  page.clock.advance(4_500);
  expect(page.workers).toEqual([false]);
  page.clock.advance(1_500);
  expect(page.workers).toEqual([false, true]);
  expect(page.told.filter(({ type }) => type === 'watch').length).toBe(2);
  const { state } = page.deck.view(TICKER).getSnapshot();
  expect(state).toMatchObject({ kind: 'disconnected' });
  expect('ageMs' in state && state.ageMs).toBeGreaterThan(5_000);
  expect(page.deck.lamps.getSnapshot().transport).toMatchObject({
    colour: 'red',
    detail: expect.stringContaining('worker does not answer'),
  });
  page.open();
  expect(page.state()).toBe('stale');
  page.ticker(101);
  expect(page.state()).toBe('live');
});

test('a pause of the page itself is not the worker’s silence, nor is the time before the worker knows its feed', async () => {
  const slow = livePage();
  slow.clock.advance(20_000);
  expect(slow.workers).toEqual([false]);
  const page = await startedPage();
  page.isFrozen = true;
  page.clock.advance(3_600_000);
  page.isFrozen = false;
  page.clock.advance(1_000);
  expect(page.workers).toEqual([false]);
  expect(page.state()).toBe('stale');
});

test('a page that its worker has given up connects again, to the same worker', async () => {
  const page = await startedPage();
  page.say({ type: 'gone' });
  expect(page.workers).toEqual([false, false]);
  expect(page.told.filter(({ type }) => type === 'watch').length).toBe(2);
});

test('a page that is left stops; shown again from the browser’s memory it connects again', async () => {
  const page = await startedPage();
  page.leave();
  expect(page.told.at(-1)).toEqual({ type: 'stop' });
  page.clock.advance(60_000);
  expect(page.workers).toEqual([false]);
  page.comeBack();
  expect(page.workers).toEqual([false, false]);
  expect(page.state()).not.toBe('live');
});

test('in a replay nothing is live, and leaving it ends its link', () => {
  const page = new Page('r1');
  page.deck.start();
  page.deck.view(TICKER).subscribe(() => {});
  page.open();
  page.ticker(100);
  expect(page.state()).toBe('replay');
  const { transport, data, clock } = page.deck.lamps.getSnapshot();
  expect([transport.colour, data.colour, clock.colour]).toEqual(['violet', 'violet', 'violet']);
  page.deck.stop();
  expect(page.state()).toBe('disconnected');
  expect(page.told.at(-1)).toEqual({ type: 'stop' });
});

test('a replay command resolves with its own response and rejects when the replay is left', async () => {
  const page = new Page('r1');
  page.deck.start();
  page.open();
  const played = page.deck.command({ type: 'replay', command: 'play' });
  const sought = page.deck.command({ type: 'replay', command: 'seek', to: 5 });
  const left = page.deck.command({ type: 'replay', command: 'pause' });
  page.say({ type: 'replay-result', request: 2, error: 'to: 5 is before the session' });
  page.say({ type: 'replay-result', request: 1, error: undefined });
  page.deck.stop();
  await expect(played).resolves.toBeUndefined();
  await expect(sought).rejects.toThrow('before the session');
  await expect(left).rejects.toThrow('left');
});

const STEPS = [-600_000, 3_600_000, -7_200_000];

test.each(STEPS)(
  'H7: after a step of the page’s clock by %i ms fresh data is live as soon as the clocks have been compared',
  (step) => {
    const page = livePage();
    page.clock.stepWall(step);
    // The market's time is the feed's, whose clock was not changed.
    const say = (offsetMs: number): void => {
      page.open({ offsetMs });
      page.ticker(101, { eventTime: page.clock.now() - step });
    };
    say(0);
    page.clock.advance(300);
    expect(page.state()).not.toBe('disconnected');
    say(-step);
    expect(page.state()).toBe('live');
    expect(page.deck.lamps.getSnapshot().data.colour).toBe('green');
    expect(page.workers).toHaveLength(1);
  },
);

test.each([...STEPS, 0])(
  'H7: a step by %i ms makes no old data live: a market that stopped is stale 5 s later, and so is the lamp',
  (step) => {
    const page = livePage();
    page.clock.advance(400);
    page.clock.stepWall(step);
    page.clock.advance(600);
    page.open({ offsetMs: -step });
    page.clock.advance(1_000);
    expect(['delayed', 'stale']).toContain(page.state());
    page.clock.advance(4_000);
    expect(page.state()).toBe('stale');
    expect(page.deck.lamps.getSnapshot().data.colour).toBe('red');
  },
);

test('H7: after a sleep old data is shown as old from the first frame, on panel and lamp', () => {
  const page = livePage();
  page.clock.stepWall(3_600_000);
  page.clock.advance(300);
  expect(page.state()).toBe('stale');
  expect(page.deck.lamps.getSnapshot().data.colour).toBe('red');
});

test.each(STEPS)(
  'H7: a silent worker is replaced after 5 s, whatever the wall clock does (%i ms)',
  async (step) => {
    const page = await startedPage();
    page.clock.stepWall(step);
    page.clock.advance(4_500);
    expect(page.workers).toHaveLength(1);
    page.clock.advance(1_500);
    expect(page.workers).toHaveLength(2);
  },
);

test('P28: the clock of a replay is shown in the same frame as its panels; on a hidden page at once', () => {
  const page = new Page('r1');
  page.deck.start();
  const shown: string[] = [];
  const { clock } = page;
  const begin = clock.monotonic();
  page.deck.replay.subscribe(() => shown.push(`clock ${clock.monotonic() - begin}`));
  page.deck.view(TICKER).subscribe(() => shown.push(`ticker ${clock.monotonic() - begin}`));
  page.open();
  shown.length = 0;
  const view = { state: 'paused', clock: 5, speed: 1, from: 1, to: 9, connections: 1 } as const;
  const now = momentOf(clock);
  const value = { symbol: 'BTC-USD@sim', last: 7 } as unknown as TickerView;
  page.say({
    type: 'together',
    messages: [
      { type: 'replay-state', view, seeked: true },
      {
        type: 'batch',
        receivedAt: now.at,
        topics: [{ key: KEY, value, health: healthAt(now) }],
        candles: [],
      },
    ],
  });
  expect(shown).toEqual(['clock 36', 'ticker 36']);
  expect(page.deck.replay.getSnapshot()).toEqual(view);
  page.isVisible = false;
  page.say({ type: 'replay-state', view: { ...view, clock: 6 }, seeked: false });
  expect(shown).toContain('clock 40');
});
