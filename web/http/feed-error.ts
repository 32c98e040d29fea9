/** A request that the feed refused or that did not reach it, in the protocol's terms. */
export class FeedError extends Error {
  override readonly name = 'FeedError';
  /** Section 9 of the protocol; 0 if the feed was not reached. */
  readonly code: number;
  /** Whether a retry may help. */
  readonly temporary: boolean;
  /** HTTP status; 0 if there was no response. */
  readonly status: number;

  constructor(message: string, code: number, temporary: boolean, status: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.temporary = temporary;
    this.status = status;
  }

  /** The error in a response that is not `ok`, whatever its body turns out to be. */
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
      // Not the feed's own JSON: a proxy in between has responded.
    }
    return new FeedError(`the feed answered ${status}`, 0, status >= 500, status);
  }
}
