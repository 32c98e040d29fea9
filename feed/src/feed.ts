/*
 * One feed, composed: the live market, what serves it, and what runs alongside it, behind the routes of one server.
 * This file only connects the parts; it decides nothing.
 */
import { randomUUID } from 'node:crypto';

import { historyErrorIn, unlessUnreadable } from '@tapedeck/db/database/history-error';
import { type History, openHistory } from '@tapedeck/db/history';
import type { Clock } from '@tapedeck/market/time/clock';
import { DEADLINES, type Deadlines } from '@tapedeck/net/deadlines';
import { connectionBudget } from '@tapedeck/net/descriptors';
import { SocketGuard } from '@tapedeck/net/socket-guard';

import { ruleEvent } from './alerts/alert-message.ts';
import { createApp } from './app.ts';
import { type Config, DEFAULT_DB } from './config/config.ts';
import { listen, portOf } from './listen.ts';
import type { Log } from './machine/log.ts';
import { type Ground, type LiveMarket, openMarket } from './open-market.ts';
import { openOperations, type Operations } from './open-operations.ts';
import { openServing, type Serving } from './open-serving.ts';
import { alertRoutes } from './route/alert-routes.ts';
import { chaosRoutes } from './route/chaos-routes.ts';
import { eventRoutes } from './route/event-routes.ts';
import { exportRoutes } from './route/export-routes.ts';
import { healthRoutes } from './route/health-routes.ts';
import { historyRoutes } from './route/history-routes.ts';
import { importRoutes } from './route/import-routes.ts';
import { marketRoutes } from './route/market-routes.ts';
import { newsRoutes } from './route/news-routes.ts';
import { pushRoutes } from './route/push-routes.ts';
import { replayRoutes } from './route/replay-routes.ts';
import { simulationRoutes } from './route/simulation-routes.ts';
import { sourceRoutes } from './route/source-routes.ts';
import { streamRoutes } from './route/stream-routes.ts';
import { venueRoutes } from './route/venue-routes.ts';
import { MAX_SKEW_MS } from './source/push/push-refusal.ts';
import { venuesStatus } from './status/venue-status.ts';
import { EarlyProblems } from './storage/early-problems.ts';

export type RunningFeed = {
  readonly host: string;
  readonly port: number;
  readonly history: History;
  /** Stops intake, notifies the clients, writes what is queued. */
  readonly close: () => Promise<void>;
};

/** Starts a feed. @throws HistoryError for an unusable history file; rejects for an unusable address. */
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
    return await start({ config, clock, log, history }, problems, deadlines);
  } catch (error) {
    history.close();
    throw historyErrorIn(error) ?? error;
  }
}

async function start(
  ground: Ground,
  problems: EarlyProblems,
  deadlines: Deadlines,
): Promise<RunningFeed> {
  const { config, clock, log, history } = ground;
  if (history.setAside !== undefined)
    log.error(`the history ${config.db} was damaged: set aside as ${history.setAside}`);
  const startedAt = clock.now();
  const market = openMarket(ground, problems);
  const serving = openServing(ground, market);
  const operations = openOperations(ground, market, serving);
  const { access } = serving;
  const app = createApp({
    access,
    limits: serving.addresses,
    gateway: serving.gateway,
    build: config.build,
    history: config.db,
    routes: routesOf(ground, market, serving, operations, startedAt),
    onError: (error, path) => log.error({ err: error, path }, 'unexpected error in a route'),
  });
  const sockets = new SocketGuard({
    deadlines,
    takesUpgrade: () => true,
    onCrowded: () => access.refusals.add('descriptors'),
  });
  const server = await listen(app.fetch, { ...config, guard: sockets });
  sockets.maxConnections = connectionBudget(1);
  access.listensAt(portOf(server));
  market.start();
  return {
    host: config.host,
    port: portOf(server),
    history,
    close: async () => {
      market.stop();
      operations.stop();
      serving.close();
      server.close();
      server.closeIdleConnections();
      await Promise.all([operations.imports.close(), market.close()]);
      server.closeAllConnections();
      history.close();
    },
  };
}

function routesOf(
  { clock, history }: Ground,
  {
    engine,
    events,
    newsroom,
    recorder,
    watch,
    desk,
    push,
    news,
    simulation,
    venues,
    sources,
    catalogue,
    chaos,
    isKnown,
  }: LiveMarket,
  { access, addresses, sse, streams, rooms, archive, guard, metrics }: Serving,
  { board, downloads, imports }: Operations,
  startedAt: number,
) {
  const workNow = (): number => clock.monotonic();
  return [
    healthRoutes(board, metrics),
    marketRoutes({
      ...{ engine, history, rooms, clock, workNow, archive },
      capability: (symbol) => venues.capability(symbol),
    }),
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
      // Looks in the file as it is now: a headline in a removed file is not stored.
      isStored: (headline) =>
        watch.holds &&
        unlessUnreadable(
          () => history.events.hasHeadline(headline, startedAt - MAX_SKEW_MS),
          false,
        ),
      isKnown,
    }),
    newsRoutes(() => news.report()),
    simulationRoutes(access, simulation),
    sourceRoutes(access, sources),
    venueRoutes(catalogue, () => venuesStatus(venues.connectors, clock.now())),
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
      hasChaos: () => chaos?.isActive === true,
    }),
    alertRoutes({
      alerts: desk.alerts,
      history,
      log: events,
      onRule: (rule, change) => {
        const told = { id: randomUUID(), time: clock.now(), priceText: desk.priceText };
        newsroom.alert(ruleEvent(rule, change, told));
      },
      isKnown: (symbol) => engine.market(symbol) !== undefined,
    }),
  ];
}
