/** Exit statuses of every command (section 11 of the protocol). */
export const EXIT = { held: 0, failed: 1, wrongUse: 2 } as const;

/** The user asked for something impossible: reported in one line, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
