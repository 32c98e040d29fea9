/*
 * The effects of a named scenario on the market. `knobs(t)` is a pure function of the seconds since the market began;
 * `fault` names what else happens (see fault-script.ts). A scenario repeats, so that it can be watched at any time.
 */

/** Multipliers of the model at one time; all 1 by default, or 0 where stated. */
export type Knobs = {
  /** For every rate. */
  readonly rate: number;
  /** For the fair value's volatility. */
  readonly volatility: number;
  /** For limit orders: below 1 the book gets thin. */
  readonly depth: number;
  readonly cancel: number;
  /** For the size of market orders. */
  readonly size: number;
  /** Share of market orders forced to buy (> 0) or sell (< 0); 0 for none. */
  readonly bias: number;
  /** Drift of the fair value, in volatilities per second; 0 for none. */
  readonly drift: number;
  /** Displacement of the fair value, in volatilities; 0 for none. */
  readonly offset: number;
};

export type ScenarioFault =
  | 'halt'
  | 'stale'
  | 'crossed'
  | 'tick-size-change'
  | 'exchange-restart'
  | 'gap';

export type Scenario = {
  readonly description: string;
  readonly knobs: (seconds: number) => Knobs;
  /** Jumps with their headlines, relative to the normal rate. */
  readonly news: number;
  readonly fault?: ScenarioFault | undefined;
};

const NORMAL: Knobs = {
  rate: 1,
  volatility: 1,
  depth: 1,
  cancel: 1,
  size: 1,
  bias: 0,
  drift: 0,
  offset: 0,
};
const normal = (): Knobs => NORMAL;
const fixed = (knobs: Partial<Knobs>): (() => Knobs) => {
  const constant = { ...NORMAL, ...knobs };
  return () => constant;
};

// A crash: calm for 60 s, one seller for 90 s, then buyers return over five minutes. At the end of the cycle less
// than a thousandth of the depth remains, so that cycles join without a jump.
const CRASH_CYCLE_S = 900;
const CRASH_AT_S = 60;
const CRASH_S = 90;
const CRASH_DEPTH = 250;
const RECOVERY_TAU_S = 100;

function flashCrash(seconds: number): Knobs {
  const t = seconds % CRASH_CYCLE_S;
  if (t < CRASH_AT_S) return NORMAL;
  if (t < CRASH_AT_S + CRASH_S) {
    const share = (t - CRASH_AT_S) / CRASH_S;
    return {
      ...NORMAL,
      rate: 2,
      cancel: 3,
      size: 3,
      bias: -0.7,
      offset: -CRASH_DEPTH * share ** 1.5,
    };
  }
  const left = Math.exp(-(t - CRASH_AT_S - CRASH_S) / RECOVERY_TAU_S);
  return { ...NORMAL, rate: 1 + left, bias: 0.2 * left, offset: -CRASH_DEPTH * left };
}

// Ten times the rate for 30 s of every two minutes.
function burst(seconds: number): Knobs {
  const t = seconds % 120;
  return t >= 30 && t < 60 ? { ...NORMAL, rate: 10 } : NORMAL;
}

// Trends turn every 20 minutes: up first.
function trend(seconds: number): Knobs {
  const up = Math.floor(seconds / 1_200) % 2 === 0;
  return { ...NORMAL, drift: up ? 0.1 : -0.1, bias: up ? 0.12 : -0.12 };
}

/** Every scenario by the name that `TAPEDECK_SCENARIO` and `?scenario=` accept. */
export const SCENARIOS = {
  normal: { description: 'an ordinary day', knobs: normal, news: 1 },
  quiet: {
    description: 'a holiday: little flow, small moves',
    knobs: fixed({ rate: 0.25, volatility: 0.4 }),
    news: 0.2,
  },
  trend: { description: 'long trends that turn every 20 minutes', knobs: trend, news: 1 },
  'news-storm': {
    description: 'headline after headline, each with its jump',
    knobs: fixed({ rate: 1.3, volatility: 1.3 }),
    news: 20,
  },
  'flash-crash': {
    description: 'one seller, 90 s down, five minutes back; every 15 minutes',
    knobs: flashCrash,
    news: 1,
  },
  'thin-book': {
    description: 'a quarter of the liquidity: wide spreads, long sweeps',
    knobs: fixed({ depth: 0.25 }),
    news: 1,
  },
  burst: { description: 'ten times the events for 30 s, every two minutes', knobs: burst, news: 1 },
  halt: {
    description: 'the first symbol is halted for 60 s, every five minutes',
    knobs: normal,
    news: 1,
    fault: 'halt',
  },
  'tick-size-change': {
    description: 'the first symbol changes its tick size every five minutes',
    knobs: normal,
    news: 1,
    fault: 'tick-size-change',
  },
  'exchange-restart': {
    description: 'the venue restarts: 5 s of nothing, new books, every five minutes',
    knobs: normal,
    news: 1,
    fault: 'exchange-restart',
  },
  gap: {
    description: 'the source loses updates now and then, knows it and starts over',
    knobs: normal,
    news: 1,
    fault: 'gap',
  },
  crossed: {
    description: 'the first book is crossed for 2 s, every 20 s',
    knobs: normal,
    news: 1,
    fault: 'crossed',
  },
  stale: {
    description: 'the first symbol falls silent for two minutes without a word, every five minutes',
    knobs: normal,
    news: 1,
    fault: 'stale',
  },
} as const satisfies Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof SCENARIOS;

/** The names, in the order in which users should read them. */
export const SCENARIO_NAMES = Object.keys(SCENARIOS) as readonly ScenarioName[];

export function isScenario(text: string): text is ScenarioName {
  return Object.hasOwn(SCENARIOS, text);
}
