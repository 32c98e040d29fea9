import { accessToken, feedAddress } from './feed-address.ts';
import { feedFetch } from './feed-fetch.ts';

/** How long the frame of a download is kept: a refusal comes sooner, and a download lives on without it. */
const FRAME_MS = 120_000;

/**
 * Lets the browser download `GET path` to its own list, without holding any of it in the page. Resolves when the
 * download has been asked for; a refusal that comes later goes to `onRefused`.
 */
export async function feedDownload(
  path: string,
  onRefused: (problem: unknown) => void,
): Promise<void> {
  const url = new URL(path, await feedAddress.origin());
  // A navigation has no headers.
  const token = accessToken();
  if (token !== undefined) url.searchParams.set('token', token);
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.title = 'Download';
  // Only what is shown is loaded: an attachment is not, an error is.
  frame.onload = () => {
    frame.remove();
    const stop = new AbortController();
    feedFetch(path, { signal: stop.signal }).then(
      () => stop.abort(),
      (problem: unknown) => onRefused(problem),
    );
  };
  frame.src = url.href;
  document.body.append(frame);
  setTimeout(() => frame.remove(), FRAME_MS);
}
