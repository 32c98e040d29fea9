/*
 * One feed, composed: source -> ingest -> engine -> hub -> gateway, with recorder, alerts and status listening to
 * the engine. Nothing here decides anything; it says who talks to whom.
 */
import { randomBytes, randomUUID } from 'node:crypto';

import { type History, openHistory } from '@tapedeck/db/history';
import { historyErrorIn, unlessUnreadable } from '@tapedeck/db/history-error';
import type { Clock } from '@tapedeck/market/clock';
import { Random } from '@tapedeck/market/random';
import { DEADLINES, type Deadlines } from '@tapedeck/net/deadlines';
import { connectionBudget } from '@tapedeck/net/descriptors';
import { SocketGuard } from '@tapedeck/net/socket-guard';

import { Access } from './access.ts';
import { AddressLimits } from './address-limits.ts';
import { ruleEvent } from './alerts/alert-message.ts';
import { keepAlerts } from './alerts/kept-alerts.ts';
import { createApp } from './app.ts';
import { Chaos } from './chaos/chaos.ts';
import { type Config, DEFAULT_DB } from './config.ts';
import { openDesk } from './desk.ts';
import { MarketEngine } from './engine/market-engine.ts';
import { SilenceWatch } from './engine/silence-watch.ts';
import type { CandleHistory } from './engine/symbol-market.ts';
import { eventArchive } from './event/event-archive.ts';
import { EventLife } from './event/event-life.ts';
import { EventLog } from './event/event-log.ts';
import { EventStreams } from './event/event-stream.ts';
import { ExportDesk } from './export/export-desk.ts';
import { listen, portOf } from './listen.ts';
import type { Log } from './log.ts';
import { Newsroom } from './newsroom.ts';
import { recordedSource } from './recorded-source.ts';
import { Recorder } from './recorder/recorder.ts';
import { ReplayRooms } from './replay/replay-rooms.ts';
import { alertRoutes } from './route/alert-routes.ts';
import { chaosRoutes } from './route/chaos-routes.ts';
import { eventRoutes } from './route/event-routes.ts';
import { exportRoutes } from './route/export-routes.ts';
import { healthRoutes } from './route/health-routes.ts';
import { historyRoutes } from './route/history-routes.ts';
import { importRoutes } from './route/import-routes.ts';
import { marketRoutes } from './route/market-routes.ts';
import { pushRoutes } from './route/push-routes.ts';
import { replayRoutes } from './route/replay-routes.ts';
import { simulationRoutes } from './route/simulation-routes.ts';
import { streamRoutes } from './route/stream-routes.ts';
import { Simulation } from './simulation.ts';
import { simulatorWithHistory } from './source/backfilled-history.ts';
import { MAX_SKEW_MS } from './source/push/push-refusal.ts';
import { PushSource } from './source/push/push-source.ts';
import { LoopDelay } from './status/loop-delay.ts';
import { FeedMetrics } from './status/metrics.ts';
import { StatusBoard } from './status/status-board.ts';
import { EarlyProblems } from './storage/early-problems.ts';
import { HistoryWatch } from './storage/history-watch.ts';
import { ChannelIds } from './stream/channel-ids.ts';
import { LIMITS } from './stream/limits.ts';
import { OverloadGuard } from './stream/overload-guard.ts';
import { sessionTrades } from './stream/session-trades.ts';
import { SseGateway } from './stream/sse-gateway.ts';
import { StreamGateway } from './stream/stream-gateway.ts';
import { StreamHub } from './stream/stream-hub.ts';
import { ViewAudit } from './stream/view-audit.ts';
import { ImportDesk } from './upload/import-desk.ts';

export type RunningFeed = {
  readonly host: string;
  readonly port: number;
  readonly history: History;
  /** Stops taking in, tells the clients, writes what is left. */
  readonly close: () => Promise<void>;
};

/** Starts a feed. @throws HistoryError for a file that cannot be used; rejects for an address that cannot. */
export async function startFeed(
  config: Config,
  clock: Clock,
  log: Log,
  deadlines: Deadlines = DEADLINES,
): Promise<RunningFeed> {
  const problems = new EarlyProblems();
  const history = openHistory(config.db, {
    damaged: config.db === DEFAULT_DB ? 'always' : 'where-ours',
    owner: { now: clock.now() },
    onProblem: (problem) => problems.tell(problem),
  });
  try {
    return await start({ config, clock, log, history, problems, deadlines });
  } catch (error) {
    history.close();
    throw historyErrorIn(error) ?? error;
  }
}

type Start = {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly history: History;
  readonly problems: EarlyProblems;
  readonly deadlines: Deadlines;
};

async function start(from: Start): Promise<RunningFeed> {
  const { config, clock, log, history, problems, deadlines } = from;
  if (history.setAside !== undefined)
    log.error(`the history ${config.db} was damaged: set aside as ${history.setAside}`);
  const startedAt = clock.now();
  let lives = 0;
  const epoch = randomBytes(5).toString('hex');
  const events = new EventLog(epoch, eventArchive(history));
  const life = new EventLife(history, epoch, log);
  life.begin();
  const candles: CandleHistory = (symbol, interval, from, to, grid) =>
    unlessUnreadable(
      () => history.candles.nearest({ symbol, interval, from, to, limit: 100_000 }, grid),
      [],
    );
  const engine = new MarketEngine({
    clock,
    nextEpoch: (isFirst) => (isFirst ? epoch : `${epoch}.${++lives}`),
    candles,
  });
  const isSimulated = config.source === 'sim';
  // A recorder that waits for its first market would leave the session of a killed feed open until then.
  if (!isSimulated) unlessUnreadable(() => history.sessions.closeBrokenOff(clock.now()), []);
  const simulator = isSimulated
    ? simulatorWithHistory(history, {
        seed: config.seed,
        scenario: config.scenario,
        speed: config.simSpeed,
        clock,
      })
    : undefined;
  const recorder = new Recorder({
    path: config.db,
    mode: config.record,
    retention: config.retention,
    clock,
    ...recordedSource(config),
    bookOf: (symbol) => {
      const market = engine.market(symbol);
      return market?.ready === true ? market.book.snapshot() : undefined;
    },
    onSession: (id) => newsroom.session(id, 'started'),
    onTrouble: (message, lost) => newsroom.storage(message, lost),
    onWrite: (problem) => watch.wrote(problem),
    onKept: (problem) => watch.heard(problem),
  });
  const watch = new HistoryWatch({
    history,
    clock,
    recorder: () => recorder,
    log: (text) => log.error(text),
    onChange: (trouble, outcome) => newsroom.file(trouble, outcome),
    onReopened: () => {
      life.begin();
      keepAlerts(history, desk.alerts.list());
      rooms.endGone();
    },
  });
  problems.hear((problem) => watch.heard(problem));
  const simulation = simulator && new Simulation({ simulator, seed: config.seed, recorder, clock });
  const newsroom = new Newsroom({ clock, events, keep: (event) => recorder.event(event) });
  const ids = new ChannelIds();
  const archive = sessionTrades(history, engine, () => recorder.stats().session);
  const hub = new StreamHub({
    markets: engine,
    clock,
    ids,
    paced: true,
    archive,
    onSent: (lagMs) => metrics.lag('feed', lagMs),
  });
  const workNow = (): number => clock.monotonic();
  const rooms = new ReplayRooms({
    history,
    clock,
    ids,
    newId: () => randomBytes(6).toString('hex'),
    workNow,
  });
  const downloads = new ExportDesk(config.db, clock);
  const imports = new ImportDesk({
    history,
    clock,
    newId: () => randomBytes(6).toString('hex'),
    isKept: (id) =>
      watch.holds && unlessUnreadable(() => history.sessions.get(id) !== undefined, true),
    onImported: (id) => newsroom.session(id, 'imported'),
  });
  const desk = openDesk({ engine, history, recorder, newsroom, clock, log });
  const silence = new SilenceWatch(engine, clock);
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
  const hasChaos = (): boolean => chaos?.isActive === true;
  const access = new Access({
    token: config.token,
    webPort: config.webPort,
    feedPort: () => portOf(server),
    host: config.host,
    origins: config.origins,
    webKey: config.webKey,
    trustedProxies: config.trustedProxies,
  });
  const addresses = new AddressLimits();
  const gateway = new StreamGateway({
    access,
    addresses,
    clock,
    hub,
    limits: LIMITS,
    epoch,
    build: config.build,
    replay: (id) => rooms.get(id),
    overload: () => guard.refusal,
    chaos,
    onAck: (lagMs) => metrics.lag('client', lagMs),
    onError: (error) => log.error({ err: error }, 'unexpected error in a message'),
  });
  const loop = new LoopDelay(clock);
  const guard = new OverloadGuard({
    clock,
    load: () => ({
      bufferedBytes: gateway.bufferedBytes,
      loopDelayMs: loop.last?.p99 ?? 0,
    }),
    onChange: (refusal) => newsroom.overload(refusal),
  });
  const streams = new EventStreams(clock, new Random(randomBytes(4).readUInt32LE()), hasChaos);
  const board = new StatusBoard({
    clock,
    engine,
    gateway,
    log: events,
    loop,
    build: config.build,
    source: config.source,
    simulation: () => simulation?.report(),
    chaos: chaos && (() => chaos.report()),
    sseCount: () => streams.count + sse.count,
    refused: () => access.refusals.total,
    recorder: () => recorder.stats(),
    history: () => watch.report(),
  });
  const audit = new ViewAudit({
    clock,
    channels: () => hub.bookChannels(),
    onMismatch: (symbol, message) => newsroom.status('critical', 'audit', [symbol], message),
  });
  const sse = new SseGateway(gateway.lobby, clock, new Random(randomBytes(4).readUInt32LE()));
  const metrics = new FeedMetrics({
    engine,
    gateway,
    resyncs: gateway.lobby.resyncs,
    audit,
    recorder: () => recorder.stats(),
    history: () => watch.report(),
    replays: () => rooms.figures(),
    chaos: chaos && (() => chaos.report()),
    eventStreams: () => streams.count,
    refusals: access.refusals,
    channels: () => hub.channelCount,
    loop: () => loop.last,
    build: config.build,
    source: config.source,
  });
  const push = new PushSource({ engine, clock, newId: () => randomUUID() });
  push.start(desk.ingest.sink);
  const isKnown = (symbol: string): boolean =>
    engine.market(symbol) !== undefined || history.instruments.get(symbol) !== undefined;
  const app = createApp({
    access,
    limits: addresses,
    gateway,
    build: config.build,
    history: config.db,
    routes: [
      healthRoutes(board, metrics),
      marketRoutes({ engine, history, rooms, clock, workNow, archive }),
      historyRoutes({
        addressOf: (context) => access.visitor(context).address,
        history,
        log: events,
        rooms,
        clock,
        isKnown,
        workNow,
      }),
      streamRoutes(sse),
      replayRoutes(access, addresses, rooms),
      exportRoutes(history, downloads),
      importRoutes(access, imports),
      pushRoutes(access, push, {
        committed: () => recorder.committed(),
        // Asked of the file as it stands: what went into one that was removed is not stored.
        isStored: (headline) =>
          watch.holds &&
          unlessUnreadable(
            () => history.events.hasHeadline(headline, startedAt - MAX_SKEW_MS),
            false,
          ),
        isKnown,
      }),
      simulationRoutes(access, simulation),
      chaosRoutes(access, chaos),
      eventRoutes({
        access,
        limits: addresses,
        log: events,
        streams,
        rooms,
        clock,
        overload: () => guard.refusal,
        isKnown,
        hasChaos,
      }),
      alertRoutes({
        alerts: desk.alerts,
        history,
        log: events,
        onRule: (rule, change) =>
          newsroom.alert(
            ruleEvent(rule, change, {
              id: randomUUID(),
              time: clock.now(),
              priceText: desk.priceText,
            }),
          ),
        isKnown: (symbol) => engine.market(symbol) !== undefined,
      }),
    ],
    onError: (error, path) => log.error({ err: error, path }, 'unexpected error in a route'),
  });
  const sockets = new SocketGuard({
    deadlines,
    takesUpgrade: () => true,
    onCrowded: () => access.refusals.add('descriptors'),
  });
  const server = await listen(app.fetch, { ...config, guard: sockets });
  sockets.maxConnections = connectionBudget(1);
  // Market time is wall time, whatever the start has cost until here.
  const sink = chaos?.sink ?? desk.ingest.sink;
  simulator?.advanceTo(clock.now(), sink);
  simulator?.start(sink);
  newsroom.status('info', 'feed-start', [], `feed started, source ${config.source}`);
  chaos?.start();
  return {
    host: config.host,
    port: portOf(server),
    history,
    close: async () => {
      for (const source of [simulator, push, chaos]) source?.close();
      for (const each of [newsroom, silence, desk, board, audit, metrics, guard, loop, watch])
        each.close();
      for (const door of [gateway, sse, streams, rooms, downloads, hub]) door.close();
      server.close();
      server.closeIdleConnections();
      await Promise.all([imports.close(), recorder.close()]);
      server.closeAllConnections();
      // Last of all, and only here.
      life.end(events.lastSeq);
      history.close();
    },
  };
}
