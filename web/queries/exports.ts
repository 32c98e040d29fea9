import type { ExportFormat } from '@tapedeck/market/wire/http';

import { feedDownload } from '../http/feed-download.ts';

/** Downloads a session as a file through the browser. */
export function downloadSession(
  session: string,
  format: ExportFormat,
  onRefused: (problem: unknown) => void,
): Promise<void> {
  const path = `/v1/sessions/${encodeURIComponent(session)}/export?format=${format}`;
  return feedDownload(path, onRefused);
}
