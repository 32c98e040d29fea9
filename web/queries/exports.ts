import type { ExportFormat } from '@tapedeck/market/wire/http';

import { feedDownload } from '../http/feed-download.ts';

/** Lets the browser download a session as a file. */
export function downloadSession(
  session: string,
  format: ExportFormat,
  onRefused: (problem: unknown) => void,
): Promise<void> {
  const path = `/v1/sessions/${encodeURIComponent(session)}/export?format=${format}`;
  return feedDownload(path, onRefused);
}
