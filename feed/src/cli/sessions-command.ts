import { existsSync } from 'node:fs';

import type { Command } from 'commander';

import { HistoryError } from '@tapedeck/db/database/history-error';
import type { Session } from '@tapedeck/market/instrument/session';

import { cliHistoryPath, openCliHistory } from './open-cli-history.ts';

type SessionsFlags = { readonly json?: true; readonly db?: string };

/** `tapedeck sessions` */
export function addSessionsCommand(program: Command): void {
  program
    .command('sessions')
    .description('list recorded and imported sessions, newest first')
    .option('--json', 'print one JSON document, as from GET /v1/sessions')
    .option('--db <path>', 'history file (default: TAPEDECK_DB or data/tapedeck.db)')
    .action((flags: SessionsFlags) => {
      const sessions = listSessions(flags.db);
      process.stdout.write(
        flags.json === true ? `${JSON.stringify({ sessions })}\n` : tableOf(sessions),
      );
    });
}

/** A default history that does not exist yet has no sessions; a named file that does not exist is a mistake. */
function listSessions(path: string | undefined): readonly Session[] {
  try {
    const history = openCliHistory(path, { readonly: true });
    try {
      return history.sessions.list();
    } finally {
      history.close();
    }
  } catch (error) {
    const isNamed = path !== undefined && !existsSync(cliHistoryPath(path));
    if (error instanceof HistoryError && error.kind === 'missing' && !isNamed) return [];
    throw error;
  }
}

function tableOf(sessions: readonly Session[]): string {
  if (sessions.length === 0) return 'no sessions\n';
  const rows = sessions.map((session) => [
    session.id,
    session.open ? `${session.source}, recording` : session.source,
    session.symbols.join(' '),
    timeText(session.from),
    timeText(session.to),
    String(session.counts.deltas),
    String(session.counts.trades),
    `${(session.coverage * 100).toFixed(2)} %`,
    String(session.gaps.length),
  ]);
  const head = [
    'SESSION',
    'SOURCE',
    'SYMBOLS',
    'FROM',
    'TO',
    'DELTAS',
    'TRADES',
    'COVERAGE',
    'GAPS',
  ];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return `${[head, ...rows].map(line).join('\n')}\n`;
}

function timeText(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}
