'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useSyncExternalStore } from 'react';

import type { ImportBody } from '@tapedeck/market/wire/import';

import { systemClock } from '../../live/live.ts';
import { importsQuery, sendImport } from '../../queries/imports.ts';
import { ImportStore, type Upload } from './import-store.ts';

/** One per page: an upload continues after its panel is gone. */
const store = new ImportStore(sendImport, () => systemClock.monotonic());
const NONE = store.getSnapshot();

/** Uploads and imports that run or have just ended, newest first. */
export type ShownImport =
  | { readonly kind: 'upload'; readonly upload: Upload }
  | {
      readonly kind: 'import';
      readonly job: ImportBody;
      readonly files: readonly File[] | undefined;
    };

export function useImports(): {
  readonly shown: readonly ShownImport[];
  readonly start: (files: readonly File[], symbol?: string) => void;
  readonly cancelUpload: (id: string) => void;
  readonly dismiss: (id: string) => void;
} {
  const client = useQueryClient();
  const { uploads, mine, dismissed } = useSyncExternalStore(
    store.subscribe,
    store.getSnapshot,
    () => NONE,
  );
  const { data } = useQuery(importsQuery());
  const shown = useMemo(() => {
    const jobs = (data?.imports ?? []).filter(
      ({ id, state }) =>
        // While this page is still sending, the upload itself is shown.
        state === 'importing' || (mine.has(id) && !dismissed.has(id) && state !== 'uploading'),
    );
    return [
      ...uploads.map((upload) => ({ kind: 'upload' as const, upload })),
      ...jobs.map((job) => ({ kind: 'import' as const, job, files: store.filesOf(job.id) })),
    ];
  }, [data, uploads, mine, dismissed]);
  const start = useCallback(
    (files: readonly File[], symbol?: string) =>
      void store
        .start(files, symbol)
        .then(() => client.invalidateQueries({ queryKey: importsQuery().queryKey })),
    [client],
  );
  return {
    shown,
    start,
    cancelUpload: (id) => store.cancel(id),
    dismiss: (id) => store.dismiss(id),
  };
}
