import type { Command } from 'commander';

import { noteDamage } from '@tapedeck/db/check/damaged-stretches';
import { auditSession, holds, type MarketAudit } from '@tapedeck/db/check/session-audit';

import { EXIT, UsageError } from './cli-error.ts';
import { openCliHistory } from './open-cli-history.ts';

type VerifyFlags = { readonly json?: true; readonly db?: string };

/** `tapedeck verify SESSION` */
export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description(
      'rebuild a session and check it: checksums, gaps, crossed books, best bid and ask, candles, states',
    )
    .argument('<session>', 'id of the session')
    .option('--json', 'print one JSON document')
    .option('--db <path>', 'history file (default: TAPEDECK_DB or data/tapedeck.db)')
    .action((session: string, flags: VerifyFlags) => {
      const history = openCliHistory(flags.db, { readonly: true });
      try {
        if (history.sessions.get(session) === undefined)
          throw new UsageError(`there is no session ${session} in ${history.path}`);
        const audits = auditSession(history, session);
        // An empty session would pass every check.
        const isEmpty = audits.every((audit) => audit.firstEventTime === 0);
        const held = !isEmpty && audits.every(holds);
        const text =
          flags.json === true
            ? `${JSON.stringify({ session, held, ...totalOf(audits), markets: audits })}\n`
            : describe(session, held, isEmpty, audits);
        process.stdout.write(text);
        // Replays and exports must know of the hole too.
        if (audits.some((audit) => audit.damaged.length > 0)) noteDamage(history.path, session);
        process.exitCode = held ? EXIT.held : EXIT.failed;
      } finally {
        history.close();
      }
    });
}

/** The fields of the protocol's section 11, over all markets: an import has one. */
function totalOf(audits: readonly MarketAudit[]): Readonly<Record<string, unknown>> {
  const sum = (of: (audit: MarketAudit) => number): number =>
    audits.reduce((total, audit) => total + of(audit), 0);
  return {
    symbol: audits.map((audit) => audit.symbol).join(','),
    messages: {
      depth: sum((audit) => audit.messages.depth),
      bookTicker: sum((audit) => audit.messages.bookTicker),
      trade: sum((audit) => audit.messages.trade),
    },
    gaps: sum((audit) => audit.gaps),
    gapsBefore: sum((audit) => audit.gapsBefore),
    crossed: sum((audit) => audit.crossed),
    checksums: {
      ok: sum((audit) => audit.checksums.ok),
      failed: sum((audit) => audit.checksums.failed),
    },
    segmentChecks: {
      ok: sum((audit) => audit.segmentChecks.ok),
      failed: sum((audit) => audit.segmentChecks.failed),
    },
    bestBidAsk: {
      equal: sum((audit) => audit.bestBidAsk.equal),
      compared: sum((audit) => audit.bestBidAsk.compared),
    },
    candles: {
      equal: sum((audit) => audit.candles.equal),
      compared: sum((audit) => audit.candles.compared),
    },
    states: {
      ok: sum((audit) => audit.states.ok),
      failed: sum((audit) => audit.states.failed),
    },
    trades: sum((audit) => audit.trades),
    firstEventTime: earliestOf(audits),
    lastEventTime: Math.max(...audits.map((audit) => audit.lastEventTime)),
  };
}

/** 0 if nothing was recorded. */
function earliestOf(audits: readonly MarketAudit[]): number {
  const times = audits.map((audit) => audit.firstEventTime).filter((time) => time > 0);
  return times.length === 0 ? 0 : Math.min(...times);
}

function crossedText({ firstCrossedTime }: MarketAudit): string {
  if (firstCrossedTime === undefined) return '';
  return `, the first at ${new Date(firstCrossedTime).toISOString()}`;
}

/** For a source that sends candles: a recording may have nothing else. */
function candleText(count = 0): string {
  return count === 0 ? '' : `, ${count} candle`;
}

function describe(
  session: string,
  held: boolean,
  isEmpty: boolean,
  audits: readonly MarketAudit[],
): string {
  if (isEmpty) return `session ${session}: no data recorded\n`;
  const lines = [`session ${session}: ${held ? 'all checks passed' : 'some checks FAILED'}`];
  for (const audit of audits) {
    const { messages, checksums, segmentChecks, bestBidAsk, candles, states } = audit;
    lines.push(
      `${audit.symbol}`,
      `  messages    ${messages.depth} depth, ${messages.bookTicker} bookTicker, ${messages.trade} trade${candleText(messages.candle)}`,
      `  recorded    ${audit.deltas} deltas in ${audit.segments} segments, ${audit.trades} trades`,
      `  range       ${new Date(audit.firstEventTime).toISOString()} .. ${new Date(audit.lastEventTime).toISOString()}`,
      `  gaps        ${audit.gaps}${audit.gapsBefore > 0 ? `, and ${audit.gapsBefore} before it began` : ''}`,
      `  crossed     ${audit.crossed}${crossedText(audit)}`,
      `  checksums   ${checksums.ok} ok, ${checksums.failed} failed`,
      `  segments    ${segmentChecks.ok} ok, ${segmentChecks.failed} failed`,
      `  best        ${bestBidAsk.equal} of ${bestBidAsk.compared} match the venue's own`,
      `  candles     ${candles.equal} of ${candles.compared} match the trades`,
      `  states      ${states.ok} ok, ${states.failed} failed`,
      ...audit.problems.map((problem) => `  ! ${problem}`),
    );
  }
  return `${lines.join('\n')}\n`;
}
