/** A request that the feed refused or that did not reach it, in the protocol's own terms. */
export class FeedError extends Error {
  override readonly name = 'FeedError';
  /** Section 9 of the protocol; 0 when the feed was not reached at all. */
  readonly code: number;
  /** Whether trying again helps. */
  readonly temporary: boolean;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;

  constructor(message: string, code: number, temporary: boolean, status: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.temporary = temporary;
    this.status = status;
  }

  /** The error in a response that is not `ok`, whatever its body turned out to be. */
  static async of(response: Response): Promise<FeedError> {
    const { status } = response;
    try {
      const body = (await response.json()) as {
        error?: { code?: unknown; message?: unknown; temporary?: unknown };
      };
      const { code, message, temporary } = body.error ?? {};
      if (typeof code === 'number' && typeof message === 'string')
        return new FeedError(message, code, temporary === true, status);
    } catch {
      // Not the feed's own JSON: a proxy in between answered.
    }
    return new FeedError(`the feed answered ${status}`, 0, status >= 500, status);
  }
}
