import { accessToken, feedAddress } from './feed-address.ts';
import { FeedError } from './feed-error.ts';

/** The same time as a panel waits before it shows an error. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * `fetch` of a path of the feed, by whichever address works for this page.
 * @throws FeedError if the feed refuses or cannot be reached. A read that fails to reach the feed is retried once, by
 * the address that then answers; a write is not, as it may have been carried out.
 */
export async function feedFetch(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const token = accessToken();
  if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
  if (typeof init.body === 'string' && !headers.has('Content-Type'))
    headers.set('Content-Type', 'application/json');
  const isRead = init.method === undefined || init.method === 'GET';
  const response = await reach(path, { ...init, headers }, isRead ? 2 : 1);
  if (!response.ok) throw await FeedError.of(response);
  return response;
}

async function reach(path: string, init: RequestInit, attempts: number): Promise<Response> {
  try {
    return await fetch(`${await feedAddress.origin()}${path}`, init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    feedAddress.doubt();
    if (attempts > 1) return reach(path, init, attempts - 1);
    throw new FeedError('the feed cannot be reached', 0, true, 0, error);
  }
}

/**
 * The JSON body of `GET path`. A feed that hangs keeps the connection and sends nothing: that is an error, too.
 * @throws FeedError as `feedFetch` does, and if the response is not complete within ten seconds.
 */
export async function feedJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const deadline = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const signals = signal === undefined ? [deadline] : [signal, deadline];
  try {
    const response = await feedFetch(path, { signal: AbortSignal.any(signals) });
    return (await response.json()) as T;
  } catch (error) {
    if (!deadline.aborted || signal?.aborted === true) throw error;
    const text = `the feed has not answered for ${ANSWER_WITHIN_MS / 1_000} s`;
    throw new FeedError(text, 0, true, 0, error);
  }
}
