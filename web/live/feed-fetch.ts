import { accessToken, feedAddress } from './feed-address.ts';
import { FeedError } from './feed-error.ts';

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

/** The JSON body of `GET path`. */
export async function feedJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await feedFetch(path, signal === undefined ? {} : { signal });
  return (await response.json()) as T;
}
