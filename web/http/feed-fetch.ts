import { accessToken, feedAddress } from './feed-address.ts';
import { FeedError } from './feed-error.ts';

/** As long as anything is awaited in a panel before it is told as an error. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * `fetch` of a path of the feed, by whichever address serves this page.
 * @throws FeedError when the feed refuses or cannot be reached. A read that could not reach the direct address is tried
 * once more by the address that then answers; a write is not, it might have been done.
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
 * The JSON body of `GET path`. A feed that hangs keeps the connection and says nothing: that is an error, too.
 * @throws FeedError as `feedFetch` does, and when there is no whole answer within ten seconds.
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
