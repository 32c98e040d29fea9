import type { DumpFinding } from './dump-venue.ts';
import { isFrameFinding, type LiveFinding } from './live-venue.ts';

/** What matters of a live frame in a recording: refusals, notices and questions of the venue do not. */
export function recordedFindings(findings: readonly LiveFinding[]): readonly DumpFinding[] {
  return findings.filter(
    (finding): finding is DumpFinding => finding.kind === 'hole' || isFrameFinding(finding),
  );
}
