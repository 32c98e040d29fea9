import { accessToken, feedAddress } from './feed-address.ts';
import { feedFetch } from './feed-fetch.ts';

/** How long a download's frame is kept: a refusal comes sooner, and a download continues without it. */
const FRAME_MS = 120_000;

/**
 * Downloads `GET path` through the browser's own download list, without holding any of it in the page. Resolves once
 * the download is requested; a refusal that comes later goes to `onRefused`.
 */
export async function feedDownload(
  path: string,
  onRefused: (problem: unknown) => void,
): Promise<void> {
  const url = new URL(path, await feedAddress.origin());
  // A navigation cannot carry headers.
  const token = accessToken();
  if (token !== undefined) url.searchParams.set('token', token);
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.title = 'Download';
  // `load` fires only for what is displayed: not for an attachment, but for an error.
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
