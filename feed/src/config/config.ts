/*
 * The only reader of the environment (section 11 of the protocol). Every name is documented here; an unknown
 * `TAPEDECK_*` name is an error, because a misspelt setting would otherwise be silently ignored.
 */
import { isIP } from 'node:net';

import type { RetentionLimits } from '@tapedeck/db/recording/retention';
import type { ConnectionFaults } from '@tapedeck/market/wire/chaos';

import {
  type NewsAddress,
  NewsTextError,
  type NewsWord,
  parseNewsAddresses,
  parseNewsWords,
} from '../source/news/setting/news-setting.ts';
import { SCENARIOS, type ScenarioName } from '../source/simulator/scenario.ts';
import {
  parseEndpoints,
  parseSources,
  type SourceList,
  SourceTextError,
  type VenueEndpoint,
} from '../venue/live/source-text.ts';
import { parseChaos } from './chaos-setting.ts';
import { TrustedProxies } from './trusted-proxies.ts';

/** An unusable setting; the message names the variable and the value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type Config = {
  /** `TAPEDECK_HOST`: the address that feed and web listen on. Off loopback a token is required (P24). */
  readonly host: string;
  /** `TAPEDECK_PORT`: 0 picks a free port and prints it. */
  readonly port: number;
  /** `TAPEDECK_WEB_PORT`: the dashboard's port; its pages may connect. */
  readonly webPort: number;
  /** `TAPEDECK_DB`: the history file; `:memory:` keeps nothing. */
  readonly db: string;
  /** `TAPEDECK_SOURCE`: `sim`, `none`, or venues with their instruments (`sim;binance:BTCUSDT,ETHUSDT`). */
  readonly source: SourceList;
  /** `TAPEDECK_VENUE_ENDPOINTS`: other hosts of venues (`kraken=wss://host|https://host`). */
  readonly venueEndpoints: readonly VenueEndpoint[];
  /** `TAPEDECK_VENUE_PROXY`: an HTTP(S) proxy to all venues. */
  readonly venueProxy: URL | undefined;
  /** `TAPEDECK_SEED`, `TAPEDECK_SCENARIO`, `TAPEDECK_SIM_SPEED`: the simulated market. */
  readonly seed: number;
  readonly scenario: ScenarioName;
  readonly simSpeed: number;
  /** `TAPEDECK_RECORD`: how books are recorded. */
  readonly record: 'off' | '100ms' | 'raw';
  /** `TAPEDECK_RETENTION`: e.g. `7d,10GB`; undefined keeps everything. */
  readonly retention: RetentionLimits | undefined;
  /** `TAPEDECK_RAW`: a folder for what live venues send, as it came; undefined keeps none of it. */
  readonly raw: string | undefined;
  /** `TAPEDECK_RAW_RETENTION`: e.g. `7d,10GB`; undefined keeps every raw file. */
  readonly rawRetention: RetentionLimits | undefined;
  /** `TAPEDECK_NEWS`: addresses of RSS and Atom feeds (`https://host/feed.xml;NAME=https://other/atom`). */
  readonly news: readonly NewsAddress[];
  /** `TAPEDECK_NEWS_WORDS`: words that name markets, besides codes and names of coins (`fed,fomc=BTC`). */
  readonly newsWords: readonly NewsWord[];
  /** `TAPEDECK_NEWS_EVERY`: how often they are read, ms. */
  readonly newsEveryMs: number;
  /** `TAPEDECK_TOKEN`: once set, required with every request. */
  readonly token: string | undefined;
  /** `TAPEDECK_ORIGINS`: further origins whose pages may connect. */
  readonly origins: readonly string[];
  /**
   * `TAPEDECK_WEB_KEY`: a secret shared by the feed and its web, so that the feed accepts the client address the web
   * reports (P24c); the start script makes a new one each time.
   */
  readonly webKey: string | undefined;
  /** `TAPEDECK_TRUSTED_PROXIES`: addresses and networks whose `X-Forwarded-For` is trusted (P24c). */
  readonly trustedProxies: TrustedProxies;
  /** `TAPEDECK_BUILD`: what the start script built; pages of another build reload. */
  readonly build: string;
  /**
   * `TAPEDECK_CHAOS`: `off`; `on` lets an operator inject faults (`/v1/chaos`); any of `drop=0.01,duplicate=0.01,
   * reorder=0.01,corrupt=0.001,stall=2s` also starts with these on every connection: shares of frames up to 0.5, and
   * how long a connection reads nothing about every 20 s. Undefined when off.
   */
  readonly chaos: ConnectionFaults | undefined;
};

/** Nothing else is kept at this path. */
export const DEFAULT_DB = 'data/tapedeck.db';

/** Names that are read elsewhere: by the web, or for scale-out roles. */
const FOREIGN = ['TAPEDECK_FEED_URL', 'TAPEDECK_ROLE', 'TAPEDECK_FIXTURES'];
const OWN = [
  'TAPEDECK_HOST',
  'TAPEDECK_PORT',
  'TAPEDECK_WEB_PORT',
  'TAPEDECK_DB',
  'TAPEDECK_SOURCE',
  'TAPEDECK_VENUE_ENDPOINTS',
  'TAPEDECK_VENUE_PROXY',
  'TAPEDECK_SEED',
  'TAPEDECK_SCENARIO',
  'TAPEDECK_SIM_SPEED',
  'TAPEDECK_RECORD',
  'TAPEDECK_RETENTION',
  'TAPEDECK_RAW',
  'TAPEDECK_RAW_RETENTION',
  'TAPEDECK_NEWS',
  'TAPEDECK_NEWS_WORDS',
  'TAPEDECK_NEWS_EVERY',
  'TAPEDECK_TOKEN',
  'TAPEDECK_ORIGINS',
  'TAPEDECK_WEB_KEY',
  'TAPEDECK_TRUSTED_PROXIES',
  'TAPEDECK_CHAOS',
  'TAPEDECK_BUILD',
];

type Environment = Readonly<Record<string, string | undefined>>;
type Range = readonly [low: number, high: number];

/** @throws ConfigError for a name that looks like a setting but is unknown. */
export function checkNames(env: Environment): void {
  for (const name of Object.keys(env)) {
    if (name.startsWith('TAPEDECK_') && !OWN.includes(name) && !FOREIGN.includes(name))
      throw new ConfigError(`${name}: unknown setting; known are ${OWN.join(', ')}`);
  }
}

/** Reads and checks all settings. @throws ConfigError naming the first variable that is wrong. */
export function readConfig(env: Environment): Config {
  checkNames(env);
  const role = env['TAPEDECK_ROLE'] ?? 'all';
  if (role !== 'all') throw new ConfigError(`TAPEDECK_ROLE: "${role}" is not "all"`);
  const host = env['TAPEDECK_HOST'] ?? '127.0.0.1';
  const token = nonEmpty(env['TAPEDECK_TOKEN']);
  if (!isLoopback(host) && token === undefined)
    throw new ConfigError(
      `TAPEDECK_TOKEN: required because TAPEDECK_HOST "${host}" is not a loopback address`,
    );
  return {
    host,
    port: port(env, 'TAPEDECK_PORT', 8080),
    webPort: port(env, 'TAPEDECK_WEB_PORT', 3000),
    db: nonEmpty(env['TAPEDECK_DB']) ?? DEFAULT_DB,
    source: parsed('TAPEDECK_SOURCE', () =>
      parseSources(nonEmpty(env['TAPEDECK_SOURCE']) ?? 'sim'),
    ),
    venueEndpoints: parsed('TAPEDECK_VENUE_ENDPOINTS', () =>
      parseEndpoints(env['TAPEDECK_VENUE_ENDPOINTS'] ?? ''),
    ),
    venueProxy: venueProxy(nonEmpty(env['TAPEDECK_VENUE_PROXY'])),
    seed: integer(env, 'TAPEDECK_SEED', 7, 0, 0xffff_ffff),
    scenario: oneOf(env, 'TAPEDECK_SCENARIO', Object.keys(SCENARIOS) as ScenarioName[], 'normal'),
    simSpeed: decimal(env, 'TAPEDECK_SIM_SPEED', 1, 0.1, 100),
    record: oneOf(env, 'TAPEDECK_RECORD', ['off', '100ms', 'raw'] as const, '100ms'),
    retention: retention(env, 'TAPEDECK_RETENTION'),
    raw: nonEmpty(env['TAPEDECK_RAW']),
    rawRetention: rawRetention(env),
    news: parsed('TAPEDECK_NEWS', () => parseNewsAddresses(env['TAPEDECK_NEWS'] ?? '')),
    newsWords: parsed('TAPEDECK_NEWS_WORDS', () =>
      parseNewsWords(env['TAPEDECK_NEWS_WORDS'] ?? ''),
    ),
    newsEveryMs: newsEveryMs(nonEmpty(env['TAPEDECK_NEWS_EVERY'])),
    token,
    origins: origins(env['TAPEDECK_ORIGINS'] ?? ''),
    webKey: webKey(nonEmpty(env['TAPEDECK_WEB_KEY'])),
    trustedProxies: trustedProxies(env['TAPEDECK_TRUSTED_PROXIES'] ?? ''),
    build: nonEmpty(env['TAPEDECK_BUILD']) ?? 'dev',
    chaos: chaos(nonEmpty(env['TAPEDECK_CHAOS']) ?? 'off'),
  };
}

/** A shorter key is a mistake. */
const LEAST_KEY = 5;

function webKey(text: string | undefined): string | undefined {
  if (text !== undefined && !/^[\x21-\x7e][\x20-\x7e]*$/.test(text))
    throw new ConfigError('TAPEDECK_WEB_KEY: not printable ASCII');
  if (text !== undefined && text.length < LEAST_KEY)
    throw new ConfigError(
      `TAPEDECK_WEB_KEY: ${text.length} characters, at least ${LEAST_KEY} are required`,
    );
  return text;
}

function trustedProxies(text: string): TrustedProxies {
  try {
    return new TrustedProxies(listOf(text));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`TAPEDECK_TRUSTED_PROXIES: ${message}`, { cause: error });
  }
}

function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

/** True for addresses reachable only from this machine. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  if (bare === 'localhost' || bare === '::1') return true;
  return isIP(bare) === 4 ? bare.startsWith('127.') : bare.startsWith('::ffff:127.');
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}

function port(env: Environment, name: string, fallback: number): number {
  return integer(env, name, fallback, 0, 65_535);
}

function integer(env: Environment, name: string, fallback: number, ...range: Range): number {
  const text = nonEmpty(env[name]);
  return text === undefined ? fallback : inRange(name, text, /^\d{1,10}$/, 'a whole number', range);
}

function decimal(env: Environment, name: string, fallback: number, ...range: Range): number {
  const text = nonEmpty(env[name]);
  return text === undefined ? fallback : inRange(name, text, /^\d+(\.\d+)?$/, 'a number', range);
}

function inRange(name: string, text: string, form: RegExp, what: string, range: Range): number {
  const [low, high] = range;
  const value = form.test(text) ? Number(text) : Number.NaN;
  if (!(value >= low && value <= high))
    throw new ConfigError(`${name}: "${text}" is not ${what} from ${low} to ${high}`);
  return value;
}

function oneOf<T extends string>(
  env: Environment,
  name: string,
  allowed: readonly T[],
  fallback: T,
): T {
  const text = nonEmpty(env[name]);
  if (text === undefined) return fallback;
  const value = allowed.find((each) => each === text);
  if (value === undefined)
    throw new ConfigError(`${name}: "${text}" is not one of ${allowed.join(', ')}`);
  return value;
}

function parsed<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SourceTextError || error instanceof NewsTextError)) throw error;
    throw new ConfigError(`${name}: ${error.message}`, { cause: error });
  }
}

/** A proxy may have a password: only what is wrong is repeated, never the address. */
function venueProxy(text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    // Told below.
  }
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '')
    throw new ConfigError('TAPEDECK_VENUE_PROXY: not an address like http://host:port');
  return url;
}

function chaos(text: string): ConnectionFaults | undefined {
  const faults = parseChaos(text);
  if (typeof faults === 'string') throw new ConfigError(`TAPEDECK_CHAOS: ${faults}`);
  return faults;
}

const AGE = /^([1-9]\d{0,8})(m|h|d)$/;
const BYTES = /^([1-9]\d{0,8})(MB|GB|TB)$/;
const AGE_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const UNIT_BYTES: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 };

const NEWS_EVERY_MS = 120_000;
/** More often would be rude to most publishers. */
const NEWS_LEAST_MS = 30_000;
const NEWS_MOST_MS = 86_400_000;

function newsEveryMs(text: string | undefined): number {
  if (text === undefined) return NEWS_EVERY_MS;
  const [, digits = '', unit = ''] = /^([1-9]\d{0,5})(s|m|h)$/.exec(text) ?? [];
  const ms = Number(digits) * (unit === 's' ? 1_000 : (AGE_MS[unit] ?? 0));
  if (!(ms >= NEWS_LEAST_MS && ms <= NEWS_MOST_MS))
    throw new ConfigError(
      `TAPEDECK_NEWS_EVERY: "${text}" is not a time from 30s to 24h, such as 2m`,
    );
  return ms;
}

function rawRetention(env: Environment): RetentionLimits | undefined {
  const limits = retention(env, 'TAPEDECK_RAW_RETENTION');
  if (limits !== undefined && nonEmpty(env['TAPEDECK_RAW']) === undefined)
    throw new ConfigError(
      'TAPEDECK_RAW_RETENTION: it limits the folder of TAPEDECK_RAW, which is not set',
    );
  return limits;
}

function retention(env: Environment, name: string): RetentionLimits | undefined {
  const text = nonEmpty(env[name]);
  if (text === undefined) return undefined;
  let ageMs: number | undefined;
  let bytes: number | undefined;
  for (const part of text.split(',')) {
    const age = AGE.exec(part.trim());
    const size = BYTES.exec(part.trim());
    if ((age !== null && ageMs !== undefined) || (size !== null && bytes !== undefined))
      throw new ConfigError(`${name}: "${part}" is a second limit of its kind`);
    if (age !== null) ageMs = Number(age[1]) * (AGE_MS[age[2] ?? ''] ?? 0);
    else if (size !== null) bytes = Number(size[1]) * (UNIT_BYTES[size[2] ?? ''] ?? 0);
    else
      throw new ConfigError(
        `${name}: "${part}" is neither an age (12h, 7d) nor a size (500MB, 10GB)`,
      );
  }
  return {
    ...(ageMs === undefined ? {} : { ageMs }),
    ...(bytes === undefined ? {} : { bytes }),
  };
}

function origins(text: string): readonly string[] {
  return listOf(text).map((each) => {
    let url: URL;
    try {
      url = new URL(each);
    } catch (error) {
      throw new ConfigError(`TAPEDECK_ORIGINS: "${each}" is not an origin like https://host`, {
        cause: error,
      });
    }
    if (url.origin !== each.replace(/\/$/, '') || !/^https?:$/.test(url.protocol))
      throw new ConfigError(`TAPEDECK_ORIGINS: "${each}" is not an origin like https://host`);
    return url.origin;
  });
}
