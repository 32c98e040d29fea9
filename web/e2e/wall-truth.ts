/* What a wall shows, what is true by the feed and the injected fault, and where the two differ. */
import type { Page } from '@playwright/test';

import { DecimalScale } from '@tapedeck/market/number/decimal';

type Tile = {
  readonly symbol: string;
  readonly state: string | null;
  readonly cross: string | null;
  readonly words: string;
  /** Undefined if the tile has no number. */
  readonly price: string | undefined;
  readonly isDimmed: boolean;
};
export type Look = {
  readonly at: number;
  readonly banner: string;
  readonly tiles: readonly Tile[];
};

/** Every tile and the banner, read in one task. */
export async function readWall(page: Page): Promise<Look> {
  const seen = await page.evaluate(() => ({
    banner: document.querySelector('[data-testid=wall-banner]')?.textContent ?? '',
    tiles: [
      ...document.querySelectorAll<HTMLElement>(
        '.wall-scene:not([data-leaving]) [data-testid=wall-tile]',
      ),
    ].map((tile) => {
      const price = tile.querySelector('.wall-price')?.textContent;
      return {
        symbol: tile.dataset['symbol'] ?? '',
        state: tile.dataset['state'] ?? null,
        cross: tile.dataset['cross'] ?? null,
        words: tile.querySelector('.wall-age')?.textContent ?? '',
        price: price === '–' ? undefined : price,
        isDimmed: tile.classList.contains('wall-old'),
      };
    }),
  }));
  return { at: Date.now(), ...seen };
}

type Ticker = {
  readonly symbol: string;
  readonly instrument: { readonly tickSize: string };
  readonly state?: string;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly eventTime: number;
};
export type Sample = {
  /** When the feed was asked, and when its response arrived. */
  readonly askedAt: number;
  readonly at: number;
  readonly tickers: ReadonlyMap<string, Ticker>;
};

type Trades = {
  readonly instrument: { readonly tickSize: string };
  readonly trades: readonly (readonly [number, number, number])[];
  readonly next?: string;
};
type Claim = {
  readonly symbol: string;
  readonly price: string;
  readonly from: number;
  readonly to: number;
  readonly text: string;
};

const ANSWER_MS = 900;
/** What a killed feed may not have written yet. */
const UNWRITTEN_MS = 5_000;
/** For requests made once all is well again. */
const PATIENT_MS = 10_000;
/** The last trade before a moment is within this time. */
const BEFORE_MS = 30_000;
const KEPT_SAMPLES = 40;
const KEPT_TRADES_MS = 180_000;

/** Follows the feed beside the page, over HTTP: each market's state, and every price traded. */
export class FeedTruth {
  readonly #url: string;
  readonly #symbols: readonly string[];
  readonly #samples: Sample[] = [];
  readonly #claims: Claim[] = [];
  /** Per symbol, the price at the last kill and its time. */
  readonly #believed = new Map<string, { readonly price: string; readonly at: number }>();
  /** Per symbol, the times of its trades by the text of their price. */
  readonly #trades = new Map<string, Map<string, number[]>>();

  constructor(url: string, symbols: readonly string[]) {
    this.#url = url;
    this.#symbols = symbols;
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** Asks the feed; undefined if it does not answer. */
  async ask(): Promise<Sample | undefined> {
    const askedAt = Date.now();
    try {
      const { tickers } = await this.#get<{ tickers: Ticker[] }>('/v1/tickers');
      const known = new Map(tickers.map((ticker) => [ticker.symbol, ticker]));
      const sample = { askedAt, at: Date.now(), tickers: known };
      await Promise.all(
        this.#symbols.filter((symbol) => known.has(symbol)).map((symbol) => this.#follow(symbol)),
      );
      this.#samples.push(sample);
      if (this.#samples.length > KEPT_SAMPLES) this.#samples.shift();
      return sample;
    } catch {
      return undefined;
    }
  }

  /** A price shown as the last one between two moments: checked once all trades of that time can be read. */
  claim(claim: Claim): void {
    this.#claims.push(claim);
  }

  /**
   * A killed feed loses the trades of its last moments. What was shown at its end cannot be read any more; until the
   * next trade the market continues from that price or from the last one written.
   */
  believe(symbol: string, price: string, at: number): void {
    this.#believed.set(symbol, { price, at });
  }

  /** The claims that are not true. */
  async judge(): Promise<readonly string[]> {
    const claims = this.#claims.splice(0);
    if (claims.length === 0) return [];
    const from = Math.min(...claims.map((claim) => claim.from)) - BEFORE_MS;
    for (const symbol of new Set(claims.map((claim) => claim.symbol)))
      await this.#follow(symbol, `&from=${Math.round(from)}`);
    const untrue = claims.filter(
      ({ symbol, price, from: begin, to }) => !this.#wasLast(symbol, price, begin, to),
    );
    return untrue.map(({ text }) => `${text}: no such price was traded then`);
  }

  #wasLast(symbol: string, price: string, from: number, to: number): boolean {
    const trades = this.#trades.get(symbol) ?? new Map<string, number[]>();
    let before = -Infinity;
    for (const times of trades.values())
      for (const time of times) if (time <= from) before = Math.max(before, time);
    const killed = this.#believed.get(symbol);
    if (killed !== undefined && before <= killed.at && to > killed.at) {
      if (price === killed.price) return true;
      before = Math.min(before, killed.at - UNWRITTEN_MS);
    }
    return (trades.get(price) ?? []).some((time) => time >= before && time <= to);
  }

  /** Reads the newest trades, or all of a range. */
  async #follow(symbol: string, range = ''): Promise<void> {
    const path = `/v1/trades?symbol=${encodeURIComponent(symbol)}&limit=500${range}`;
    let next: string | undefined;
    do {
      const page = await this.#get<Trades>(
        next === undefined ? path : `${path}&cursor=${next}`,
        range === '' ? ANSWER_MS : PATIENT_MS,
      );
      this.#keep(symbol, page);
      next = range === '' ? undefined : page.next;
    } while (next !== undefined);
  }

  #keep(symbol: string, { instrument, trades }: Trades): void {
    const scale = new DecimalScale(instrument.tickSize);
    const known = this.#trades.get(symbol) ?? new Map<string, number[]>();
    this.#trades.set(symbol, known);
    const oldest = Date.now() - KEPT_TRADES_MS;
    for (const [price, times] of known)
      known.set(
        price,
        times.filter((time) => time > oldest),
      );
    for (const [, time, priceTicks] of trades) {
      const times = this.#timesOf(symbol, numberOf(scale.toPlainText(priceTicks)));
      if (!times.includes(time)) times.push(time);
    }
  }

  #timesOf(symbol: string, price: string): number[] {
    const known = this.#trades.get(symbol) ?? new Map<string, number[]>();
    this.#trades.set(symbol, known);
    const times = known.get(price) ?? [];
    known.set(price, times);
    return times;
  }

  async #get<T>(path: string, withinMs = ANSWER_MS): Promise<T> {
    const response = await fetch(this.#url + path, { signal: AbortSignal.timeout(withinMs) });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return (await response.json()) as T;
  }
}

/** A price without the differences between two notations. */
function numberOf(text: string): string {
  return String(Number(text.replaceAll('\u2212', '-').replaceAll(/[^\d.-]/g, '')));
}

/** The age in a tile's words in ms; undefined if there is none. */
function ageIn(words: string): number | undefined {
  const clock = /(?:(\d+):)?(\d\d):(\d\d)$/.exec(words);
  if (clock !== null) {
    const [, hours = '0', minutes = '0', seconds = '0'] = clock;
    return (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
  }
  const age = /(\d+(?:\.\d)?)(s|m|h)$/.exec(words);
  if (age === null) return undefined;
  return Number(age[1]) * { s: 1_000, m: 60_000, h: 3_600_000 }[age[2] as 's' | 'm' | 'h'];
}

const WORDS: Readonly<Record<string, RegExp>> = {
  live: /^\d+(\.\d)?s$/,
  delayed: /^DELAYED \d/,
  quiet: /^QUIET \d/,
  stale: /^STALE (\d+:)?\d\d:\d\d$/,
  disconnected: /^DISCONNECTED (\d+:)?\d\d:\d\d$/,
  resyncing: /^RESYNCING( (\d+:)?\d\d:\d\d)?$/,
  halted: /^HALTED$/,
};
const OLD = new Set(['stale', 'disconnected', 'resyncing']);
const WELL = new Set(['live', 'delayed', 'quiet']);

export type Fault = {
  readonly kind: 'none' | 'hung' | 'killed' | 'cut' | 'markets' | 'connections';
  readonly since: number;
  /** The page's clock was set while its data grew old: ages may be too large, never too small. */
  readonly isStepped: boolean;
  /** When its clock was last set, or its link recovered: until it settles, a tile may look worse than its market. */
  readonly unsettledAt: number;
};

/** Beyond this age nothing is live or delayed. */
const STALE_MS = 5_000;
/** A paint, a reading, a beat of the ticker. */
const SLACK_MS = 1_500;
/** Ages are shown in whole seconds. */
const WHOLE_MS = 1_000;
/** From the end of a fault, or a step of the clock, until all tiles are well. */
export const SETTLE_MS = 8_000;

/** What is not true on the wall, as text; empty if everything is. */
export function problemsOf(look: Look, truth: FeedTruth, fault: Fault): readonly string[] {
  return [
    ...look.tiles.flatMap((tile) => {
      const tell = (what: string) =>
        `${fault.kind} +${look.at - fault.since} ms: ${tile.symbol} "${tile.words}" ${tile.price ?? '-'} (${tile.state} ${tile.cross ?? ''}${tile.isDimmed ? ', dimmed' : ''}): ${what}`;
      if (fault.kind === 'killed' && tile.price !== undefined)
        truth.believe(tile.symbol, numberOf(tile.price), fault.since);
      const claim = claimOf(tile, look, fault, tell('its price'));
      if (claim !== undefined) truth.claim(claim);
      return tileProblems(tile, look, truth, fault).map(tell);
    }),
    ...bannerProblems(look, fault).map(
      (what) => `${fault.kind} +${look.at - fault.since} ms: banner "${look.banner}": ${what}`,
    ),
  ];
}

function tileProblems(tile: Tile, look: Look, truth: FeedTruth, fault: Fault): readonly string[] {
  return [
    ...wordProblems(tile),
    ...faultProblems(tile, look, fault),
    ...(fault.kind === 'none' || fault.kind === 'markets'
      ? marketProblems(tile, look, truth, fault)
      : []),
  ];
}

/** A number has a state, shown in its own words, and is dimmed if it is old. */
function wordProblems({ state, words, price, cross, isDimmed }: Tile): readonly string[] {
  if (price === undefined) return [];
  const isWell = WELL.has(state ?? '');
  const form = cross !== null && isWell ? /^(CROSSED|LOCKED) \d/ : WORDS[state ?? ''];
  return [
    ...(words === '' ? ['a number without a state'] : []),
    ...(form?.test(words) === true ? [] : ['the words are not those of its state']),
    ...(isDimmed === OLD.has(state ?? '') ? [] : ['dimmed and state do not agree']),
  ];
}

/** The number is the last price at some moment within its age. After a step of the clock ages are not exact. */
function claimOf(tile: Tile, look: Look, fault: Fault, text: string): Claim | undefined {
  const { symbol, price, words } = tile;
  if (price === undefined || fault.isStepped || fault.kind === 'killed') return undefined;
  const from = look.at - (ageIn(words) ?? 0) - 2_500;
  return { symbol, price: numberOf(price), from, to: look.at, text };
}

/** Without contact to the feed a number is old, at least as old as the fault. */
function faultProblems({ state, words, price }: Tile, look: Look, fault: Fault): readonly string[] {
  const { kind, since } = fault;
  const lasted = look.at - since;
  const isHung = kind === 'hung' && lasted > STALE_MS + SLACK_MS;
  const isCut = (kind === 'killed' || kind === 'cut') && lasted > SLACK_MS * 2;
  if (!isHung && !isCut) return [];
  const problems: string[] = [];
  const isTold = state === 'disconnected' || (isHung && state === 'stale');
  if (price !== undefined && !isTold) problems.push(isHung ? 'the feed hangs' : 'there is no link');
  const ageMs = ageIn(words);
  if (ageMs !== undefined && ageMs + WHOLE_MS < lasted - SLACK_MS)
    problems.push('younger than the fault');
  return problems;
}

/** Against the feed: a state that lasts from before the reading until after it must be on the tile. */
function marketProblems(tile: Tile, look: Look, truth: FeedTruth, fault: Fault): readonly string[] {
  const { state, cross, symbol } = tile;
  const recent = truth.samples.filter(({ askedAt }) => askedAt > look.at - 3_000);
  const stood = recent.map(({ tickers }) => tickers.get(symbol));
  const [newest] = stood.slice(-1);
  const isSpanned = recent.some(({ at }) => at < look.at - SLACK_MS);
  if (newest === undefined || !isSpanned || stood.some((each) => wordOf(each) !== wordOf(newest)))
    return [];
  const problems: string[] = [];
  const isOldMarket = stood.some((each) => look.at - (each?.eventTime ?? 0) > STALE_MS - SLACK_MS);
  const isSettled = look.at - fault.unsettledAt > SETTLE_MS;
  switch (wordOf(newest)) {
    case 'halted':
      if (state !== 'halted') problems.push('the market is halted');
      break;
    case 'stale':
    case 'syncing':
      if (!OLD.has(state ?? '')) problems.push(`the market is ${newest.state}`);
      break;
    case 'crossed':
      if (cross === null) problems.push('the book is crossed or locked');
      break;
    default:
      // The bid that crosses a market on purpose stands at one price: as the market moves it is crossed and not crossed
      // between two samples, too.
      if (cross !== null && fault.kind !== 'markets') problems.push('the book is not crossed');
      // By its age the page may notice what the feed has not found yet.
      if (isSettled && !WELL.has(state ?? '') && !isOldMarket) problems.push('the market is well');
  }
  const ageMs = ageIn(tile.words);
  const youngest = Math.min(...stood.map((each) => look.at - (each?.eventTime ?? 0)));
  if (ageMs !== undefined && ageMs < youngest - SLACK_MS)
    problems.push(`younger than its market, ${youngest} ms`);
  return problems;
}

function wordOf(ticker: Ticker | undefined): string | undefined {
  if (ticker === undefined) return undefined;
  if ((ticker.state ?? 'ok') !== 'ok') return ticker.state;
  const { bid, ask } = ticker;
  return bid !== null && ask !== null && bid >= ask ? 'crossed' : 'ok';
}

function bannerProblems(look: Look, fault: Fault): readonly string[] {
  const ages = look.tiles.flatMap(({ words }) => ageIn(words) ?? []);
  const told = / ([\d:]+) ago/.exec(look.banner)?.[1];
  const isYounger = told !== undefined && (ageIn(told) ?? 0) < Math.min(...ages) - SLACK_MS;
  return [...bannerWordProblems(look, fault), ...(isYounger ? ['younger than every tile'] : [])];
}

function bannerWordProblems(
  { at, banner }: Look,
  { kind, since, unsettledAt }: Fault,
): readonly string[] {
  const lasted = at - since;
  const says = (words: string): readonly string[] =>
    banner.includes(words) ? [] : [`it does not say ${words}`];
  if ((kind === 'killed' || kind === 'cut') && lasted > SLACK_MS * 2)
    return says('NO LINK TO THE FEED');
  if (kind === 'hung' && lasted > STALE_MS + SLACK_MS)
    return banner.includes('ALL DATA IS STALE') ? [] : says('NO LINK TO THE FEED');
  if (kind === 'markets' || kind === 'connections') {
    if (lasted > SLACK_MS * 2 && banner === '') return ['the injected faults are not shown'];
  }
  if (kind === 'none' && at - unsettledAt > SETTLE_MS && banner !== '')
    return ['nothing is wrong any more'];
  return [];
}
