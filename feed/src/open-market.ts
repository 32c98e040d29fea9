/*
 * The live market: source -> ingest -> engine, and what listens to it even without clients: recorder, alerts, status
 * events, and the watch over the history file.
 */
import { randomBytes, randomUUID } from 'node:crypto';

import { unlessUnreadable } from '@tapedeck/db/database/history-error';
import type { History } from '@tapedeck/db/history';
import type { MarketSink } from '@tapedeck/market/instrument/market-event';
import { Random } from '@tapedeck/market/number/random';
import type { Clock } from '@tapedeck/market/time/clock';

import { keepAlerts } from './alerts/kept-alerts.ts';
import { Chaos } from './chaos/chaos.ts';
import { type Config, ConfigError } from './config/config.ts';
import { type Desk, openDesk } from './desk/desk.ts';
import { LiveSources } from './desk/live-sources.ts';
import { Newsroom } from './desk/newsroom.ts';
import { Simulation } from './desk/simulation.ts';
import { VenueCatalogue } from './desk/venue-catalogue.ts';
import { MarketEngine } from './engine/market-engine.ts';
import { SilenceWatch } from './engine/silence-watch.ts';
import { eventArchive } from './event/event-archive.ts';
import { EventLife } from './event/event-life.ts';
import { EventLog } from './event/event-log.ts';
import type { Log } from './machine/log.ts';
import { Recorder } from './recorder/recorder.ts';
import { simulatorWithHistory } from './source/backfilled-history.ts';
import { NewsSource } from './source/news/news-source.ts';
import { PushSource } from './source/push/push-source.ts';
import { recordedSource } from './source/recorded-source.ts';
import { VenueCandleKeeper } from './source/venue/candle-keeper.ts';
import { RawKeeper } from './source/venue/raw/raw-keeper.ts';
import { VenueSource } from './source/venue/venue-source.ts';
import { NetWire } from './source/venue/wire/net-wire.ts';
import type { EarlyProblems } from './storage/early-problems.ts';
import { HistoryWatch } from './storage/history-watch.ts';
import { LIVE_VENUES } from './venue/live/live-venues.ts';

/** What every part of a feed needs. */
export type Ground = {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly history: History;
};

export type LiveMarket = {
  /** The epoch of each symbol's first life in this process (P13). */
  readonly epoch: string;
  readonly engine: MarketEngine;
  readonly events: EventLog;
  readonly newsroom: Newsroom;
  readonly recorder: Recorder;
  readonly watch: HistoryWatch;
  readonly desk: Desk;
  readonly push: PushSource;
  readonly news: NewsSource;
  readonly simulation: Simulation | undefined;
  readonly venues: VenueSource;
  readonly sources: LiveSources;
  readonly catalogue: VenueCatalogue;
  readonly chaos: Chaos | undefined;
  /** Whether this symbol is live or was ever recorded. */
  readonly isKnown: (symbol: string) => boolean;
  /** Starts the sources. */
  readonly start: () => void;
  /** Stops the sources; what was ingested is still recorded. */
  readonly stop: () => void;
  /** Writes what is queued; resolves when it is written. */
  readonly close: () => Promise<void>;
};

export function openMarket(ground: Ground, problems: EarlyProblems): LiveMarket {
  const { config, clock, log, history } = ground;
  const epoch = randomBytes(5).toString('hex');
  const events = new EventLog(epoch, eventArchive(history));
  const life = new EventLife(history, epoch, log);
  life.begin();
  const newsroom = new Newsroom({ clock, events });
  const watch = new HistoryWatch({
    history,
    clock,
    log: (text) => log.error(text),
    onChange: (trouble, outcome) => newsroom.file(trouble, outcome),
  });
  let lives = 0;
  const engine = new MarketEngine({
    clock,
    nextEpoch: (isFirst) => (isFirst ? epoch : `${epoch}.${++lives}`),
    candles: (symbol, interval, from, to, grid) =>
      unlessUnreadable(
        () => history.candles.nearest({ symbol, interval, from, to, limit: 100_000 }, grid),
        [],
      ),
  });
  const simulator = openSimulator(ground);
  const raw = openRaw(ground, (message) => newsroom.status('warning', 'storage', [], message));
  const keeper = new VenueCandleKeeper({
    ...{ history, clock },
    tell: (message, symbol) => newsroom.status('warning', 'storage', [symbol], message),
  });
  const venues = openVenues(ground, raw, keeper);
  const recorder = new Recorder({
    path: config.db,
    mode: config.record,
    retention: config.retention,
    clock,
    ...recordedSource(config),
    isExact: (symbol) => venues.has(symbol),
    bookOf: (symbol) => {
      const market = engine.market(symbol);
      return market?.ready === true ? market.book.snapshot() : undefined;
    },
    onSession: (id) => newsroom.session(id, 'started'),
    onTrouble: (message, lost) => newsroom.storage(message, lost),
    onWrite: (problem) => watch.wrote(problem),
    onKept: (problem) => watch.heard(problem),
  });
  newsroom.keepIn(recorder);
  problems.hear((problem) => watch.heard(problem));
  const desk = openDesk({ engine, history, recorder, newsroom, clock, log });
  watch.guard(recorder);
  watch.onReopened(() => {
    life.begin();
    keepAlerts(history, desk.alerts.list());
  });
  // A live venue is held to its own cadence.
  const silence = new SilenceWatch(engine, clock, (symbol) => !venues.has(symbol));
  const chaos =
    config.chaos &&
    new Chaos({
      clock,
      engine,
      seed: config.seed,
      faults: config.chaos,
      sink: desk.ingest.sink,
      onChange: (isActive, message) => newsroom.chaos(isActive, message),
    });
  const push = new PushSource({ engine, clock, newId: () => randomUUID() });
  push.start(desk.ingest.sink);
  const news = new NewsSource({
    ...{ addresses: config.news, words: config.newsWords, everyMs: config.newsEveryMs, clock },
    random: newRandom(),
    live: () => engine.markets().map(({ instrument }) => instrument),
    isSettling: () => venues.awaited.length > 0,
    known: (...asked) =>
      unlessUnreadable(() => history.events.knownHeadlines(...asked), NOTHING_KNOWN),
  });
  const sink: MarketSink = chaos?.sink ?? desk.ingest.sink;
  return {
    epoch,
    engine,
    events,
    newsroom,
    recorder,
    watch,
    desk,
    push,
    news,
    simulation: simulator && new Simulation({ simulator, seed: config.seed, recorder, clock }),
    venues,
    sources: new LiveSources({ venues, engine, history, clock }),
    catalogue: new VenueCatalogue(venues),
    chaos,
    isKnown: (symbol) =>
      engine.market(symbol) !== undefined || history.instruments.get(symbol) !== undefined,
    start: () => {
      // Market time is wall time, however long the start has taken.
      simulator?.advanceTo(clock.now(), sink);
      simulator?.start(sink);
      venues.start(sink);
      news.start(desk.ingest.sink);
      newsroom.status('info', 'feed-start', [], `feed started, source ${config.source.text}`);
      chaos?.start();
    },
    stop: () => {
      for (const source of [simulator, venues, push, news, chaos]) source?.close();
      for (const each of [newsroom, silence, desk, watch]) each.close();
    },
    close: async () => {
      await raw?.close();
      await recorder.close();
      // Last, and only on an orderly stop (P19a).
      life.end(events.lastSeq);
    },
  };
}

const NOTHING_KNOWN = { ids: new Set<string>(), links: new Set<string>() };

function newRandom(): Random {
  return new Random(randomBytes(4).readUInt32LE());
}

/** Those that settings name, and those that were added while an earlier feed ran. */
function openVenues(
  { config, clock, history }: Ground,
  raw: RawKeeper | undefined,
  keeper: VenueCandleKeeper,
): VenueSource {
  const added = unlessUnreadable(() => history.sources.list(), []);
  const wanted = [...LIVE_VENUES.values()].map((venue) => {
    const name = venue.venue;
    const named = config.source.venues.find((each) => each.venue === name)?.markets ?? [];
    const kept = added.filter((each) => each.venue === name).map(({ market }) => market);
    const origins = config.venueEndpoints.find((each) => each.venue === name) ?? venue.origins;
    return { venue, origins, markets: [...named, ...kept] };
  });
  const random = newRandom();
  const wire = new NetWire(config.venueProxy);
  return new VenueSource({ wanted, wire, clock, random, raw, keeper });
}

/** What live venues send, kept as it came (V15). */
function openRaw({ config, clock }: Ground, tell: (message: string) => void) {
  const { raw: dir, rawRetention: retention } = config;
  if (dir === undefined) return undefined;
  try {
    return new RawKeeper({ dir, retention, clock, tell });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`TAPEDECK_RAW: "${dir}" is not a folder that can be written (${why})`);
  }
}

function openSimulator({ config, clock, history }: Ground) {
  if (config.source.hasSimulator) {
    const { seed, scenario, simSpeed: speed } = config;
    return simulatorWithHistory(history, { seed, scenario, speed, clock });
  }
  // The recorder starts with its first market; until then the session of a killed feed would stay open.
  unlessUnreadable(() => history.sessions.closeBrokenOff(clock.now()), []);
  return undefined;
}
