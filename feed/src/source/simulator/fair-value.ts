/*
 * The hidden fair value that quotes lean towards: a random walk whose log-volatility is the sum of three
 * Ornstein-Uhlenbeck processes (30 s, 10 min, 2 h), which gives fat tails and slowly decaying |returns|, plus the
 * jumps of news. Part of its noise is common to all symbols.
 */
import type { Random } from '@tapedeck/market/number/random';

const TAUS_S = [30, 600, 7_200] as const;
/** Standard deviation of each part of the log-volatility (xs). */
const SPREAD = 0.6;
/** Keeps a usual day near 1: between the median (0) and the mean variance (3 xs^2), which wild hours dominate. */
const NORMALISE = 0.6;
/** Beyond this the tail of a lognormal no longer looks like a market. */
const MAX_LOG_VOLATILITY = 1.9;
/** A random walk on ticks is unbounded: it bounces off this share of its start. */
const FLOOR_SHARE = 0.2;

export class FairValue {
  readonly #random: Random;
  readonly #states: number[];
  readonly #beta: number;
  readonly #own: number;
  #volatility: number;
  #ticks: number;
  #floor: number;
  #sinceVolatilityS = 0;
  #turbulence = 1;

  constructor(random: Random, startTicks: number, volatility: number, beta: number) {
    this.#random = random;
    this.#ticks = startTicks;
    this.#floor = startTicks * FLOOR_SHARE;
    this.#volatility = volatility;
    this.#beta = beta;
    this.#own = Math.sqrt(1 - beta * beta);
    this.#states = TAUS_S.map(() => random.normal());
    this.#turbulence = this.#turbulenceNow();
  }

  /** The value in ticks, including fractions. */
  get ticks(): number {
    return this.#ticks;
  }

  /** Volatility now relative to its long-term mean: about 0.2 (asleep) to 5 (wild). */
  get turbulence(): number {
    return this.#turbulence;
  }

  /** Ticks per square root of a second on a normal day. */
  get volatility(): number {
    return this.#volatility;
  }

  /**
   * Advances by `seconds`. `common` is this step's standard normal shared by all symbols, `factor` scales the
   * volatility (hours, scenario), `drift` is in units of the average daily volatility per second.
   */
  step(seconds: number, common: number, factor: number, drift: number): void {
    this.#sinceVolatilityS += seconds;
    if (this.#sinceVolatilityS >= 1) this.#stepVolatility();
    const shock = this.#beta * common + this.#own * this.#random.normal();
    const scale = this.#volatility * factor;
    this.move(scale * this.#turbulence * Math.sqrt(seconds) * shock + scale * drift * seconds);
  }

  /** A jump, or the impact of a surprising trade. */
  move(ticks: number): void {
    this.#ticks += ticks;
    if (this.#ticks < this.#floor) this.#ticks = 2 * this.#floor - this.#ticks;
  }

  /** The same value on a grid whose ticks are `factor` times as large. */
  regrid(factor: number): void {
    this.#ticks /= factor;
    this.#floor /= factor;
    this.#volatility /= factor;
  }

  // Once per second is enough: the fastest part has a memory of 30 s.
  #stepVolatility(): void {
    const elapsed = this.#sinceVolatilityS;
    this.#sinceVolatilityS = 0;
    for (const [index, tau] of TAUS_S.entries()) {
      const keep = Math.exp(-elapsed / tau);
      const state = this.#states[index] ?? 0;
      this.#states[index] = keep * state + Math.sqrt(1 - keep * keep) * this.#random.normal();
    }
    this.#turbulence = this.#turbulenceNow();
  }

  #turbulenceNow(): number {
    let sum = 0;
    for (const state of this.#states) sum += state;
    return Math.exp(Math.min(MAX_LOG_VOLATILITY, SPREAD * sum - NORMALISE));
  }
}
