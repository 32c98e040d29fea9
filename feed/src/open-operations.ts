/* What runs alongside the market and its clients: status, metrics, audit, downloads and imports. */
import { randomBytes } from 'node:crypto';

import { unlessUnreadable } from '@tapedeck/db/database/history-error';

import { ExportDesk } from './export/export-desk.ts';
import type { Ground, LiveMarket } from './open-market.ts';
import type { Serving } from './open-serving.ts';
import { StatusBoard } from './status/status-board.ts';
import { ViewAudit } from './stream/channel/view-audit.ts';
import { ImportDesk } from './upload/import-desk.ts';

export type Operations = {
  readonly board: StatusBoard;
  readonly downloads: ExportDesk;
  readonly imports: ImportDesk;
  readonly stop: () => void;
};

export function openOperations(
  { config, clock, history }: Ground,
  { engine, events, newsroom, recorder, watch, simulation, venues, news, chaos }: LiveMarket,
  { access, hub, gateway, sse, streams, rooms, loop, metrics }: Serving,
): Operations {
  const audit = new ViewAudit({
    clock,
    channels: () => hub.bookChannels(),
    onMismatch: (symbol, message) => newsroom.status('critical', 'audit', [symbol], message),
  });
  const board = new StatusBoard({
    clock,
    engine,
    gateway,
    log: events,
    loop,
    build: config.build,
    source: config.source.text,
    simulation: () => simulation?.report(),
    awaited: () => venues.awaited,
    chaos: chaos && (() => chaos.report()),
    sseCount: () => streams.count + sse.count,
    refused: () => access.refusals.total,
    recorder: () => recorder.stats(),
    history: () => watch.report(),
  });
  metrics.read({
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
    source: config.source.text,
    venues: () => venues.connectors,
    news: () => news.report(),
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
  return {
    board,
    downloads,
    imports,
    stop: () => {
      for (const each of [board, audit, downloads]) each.close();
    },
  };
}
