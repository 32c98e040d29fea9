import { accessToken, feedAddress } from './feed-address.ts';
import { FeedError } from './feed-error.ts';

export type UploadOptions = {
  readonly signal: AbortSignal;
  readonly onProgress: (sentBytes: number, totalBytes: number) => void;
};

/**
 * Sends files as one form by `POST path` and reports progress, which `fetch` cannot. The JSON response comes when the
 * last byte has arrived.
 * @throws FeedError if the feed refuses or cannot be reached; an error if the signal aborts it.
 */
export async function feedUpload<T>(
  path: string,
  files: readonly File[],
  { signal, onProgress }: UploadOptions,
): Promise<T> {
  const form = new FormData();
  // A file chosen with its folder keeps the folder's name: it may identify the market.
  for (const file of files) form.append('file', file, file.webkitRelativePath || file.name);
  const options = { signal, onProgress };
  try {
    return await send<T>(path, form, options);
  } catch (error) {
    if (!(error instanceof FeedError) || error.status !== 0 || signal.aborted) throw error;
    // Another address may work. Sending a recording twice does no harm: it becomes one session.
    feedAddress.doubt();
    return send<T>(path, form, options);
  }
}

async function send<T>(
  path: string,
  form: FormData,
  { signal, onProgress }: UploadOptions,
): Promise<T> {
  const origin = await feedAddress.origin();
  return new Promise<T>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `${origin}${path}`);
    request.responseType = 'text';
    const token = accessToken();
    if (token !== undefined) request.setRequestHeader('Authorization', `Bearer ${token}`);
    request.upload.onprogress = (event) => onProgress(event.loaded, event.total);
    request.onerror = () => reject(new FeedError('the upload was interrupted', 0, true, 0));
    request.onabort = () => reject(new Error('cancelled'));
    request.onload = () => {
      const { status, responseText } = request;
      if (status >= 200 && status < 300) resolve(JSON.parse(responseText) as T);
      else void FeedError.of(new Response(responseText, { status })).then(reject);
    };
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(form);
  });
}
