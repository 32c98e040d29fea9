import { queryOptions } from '@tanstack/react-query';

import type { ImportBody, ImportsBody } from '@tapedeck/market/wire/import';

import { feedFetch, feedJson } from '../http/feed-fetch.ts';
import { feedUpload, type UploadOptions } from '../http/feed-upload.ts';
import { queryKeys } from './query-keys.ts';

/** Often enough for a bar that moves, and only while one does. */
const RUNNING_MS = 400;

/** Running imports and the last ones that ended, newest first. */
export function importsQuery() {
  return queryOptions({
    queryKey: queryKeys.imports,
    queryFn: ({ signal }) => feedJson<ImportsBody>('/v1/imports', signal),
    refetchInterval: ({ state }) =>
      state.data?.imports.some(({ state: of }) => of === 'importing' || of === 'uploading') === true
        ? RUNNING_MS
        : false,
    staleTime: 0,
  });
}

/** Sends the files of one recording; resolves once the feed has them and the import has begun. */
export function sendImport(
  files: readonly File[],
  symbol: string | undefined,
  options: UploadOptions,
): Promise<ImportBody> {
  const query = symbol === undefined ? '' : `?symbol=${encodeURIComponent(symbol)}`;
  return feedUpload<ImportBody>(`/v1/imports${query}`, files, options);
}

/** Cancels an import; nothing of it is kept. */
export async function cancelImport(id: string): Promise<void> {
  await feedFetch(`/v1/imports/${encodeURIComponent(id)}`, { method: 'DELETE' });
}
