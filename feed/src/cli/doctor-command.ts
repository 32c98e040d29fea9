import type { Command } from 'commander';

import { noteDamage } from '@tapedeck/db/check/damaged-stretches';
import { checkHistory } from '@tapedeck/db/check/history-check';

import { EXIT } from './cli-error.ts';
import { cliHistoryPath } from './open-cli-history.ts';

type DoctorFlags = { readonly json?: true; readonly db?: string };

const MARKS = { ok: 'ok', advice: '->', failed: '!!' } as const;

/** `tapedeck doctor` */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'check the history: owner, integrity, segments, migrations, gaps, free disk space, files set aside',
    )
    .option('--json', 'print one JSON document')
    .option('--db <path>', 'history file (default: TAPEDECK_DB or data/tapedeck.db)')
    .action((flags: DoctorFlags) => {
      const path = cliHistoryPath(flags.db);
      const findings = checkHistory(path);
      const healthy = findings.every((finding) => finding.state !== 'failed');
      const text =
        flags.json === true
          ? JSON.stringify({ path, healthy, findings })
          : findings
              .map(({ check, state, detail }) => `${MARKS[state]} ${check.padEnd(11)} ${detail}`)
              .join('\n');
      process.stdout.write(`${text}\n`);
      const isDamaged = findings.some(
        ({ check, state }) => check === 'segments' && state === 'failed',
      );
      const isSound = findings.every(({ check, state }) => check !== 'integrity' || state === 'ok');
      // A file that SQLite itself finds damaged is not written to.
      if (isDamaged && isSound) noteDamage(path);
      process.exitCode = healthy ? EXIT.held : EXIT.failed;
    });
}
