'use client';
import { Menu } from '@base-ui/react/menu';
import { Download } from 'lucide-react';

import type { ExportFormat } from '@tapedeck/market/wire/http';

import { toastProblem, toastText } from '../../notices/toasts.ts';
import { downloadSession } from '../../queries/exports.ts';

const FORMATS: readonly {
  readonly format: ExportFormat;
  readonly name: string;
  readonly text: string;
}[] = [
  { format: 'tape', name: 'Tape', text: 'everything in one SQLite file; Import reads it' },
  { format: 'csv', name: 'CSV', text: 'books and trades in the Tardis layout, zipped' },
  { format: 'ndjson', name: 'NDJSON', text: 'protocol messages, one per line' },
];

/** Exports a session as a file; the browser's own download list shows the progress. */
export function DownloadMenu({ session }: { readonly session: string }) {
  const download = (format: ExportFormat, name: string) => {
    toastText(`${name} is being exported`, 'The download starts with the first bytes');
    void downloadSession(session, format, (problem) =>
      toastProblem('The feed did not send the session', problem),
    );
  };
  return (
    <Menu.Root>
      <Menu.Trigger
        className="control control-small control-icon"
        aria-label={`Download ${session}`}
        title="Download"
      >
        <Download size={11} aria-hidden />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end" className="z-50">
          <Menu.Popup className="popup w-80 max-w-[calc(100vw-16px)] py-1">
            {FORMATS.map(({ format, name, text }) => (
              <Menu.Item
                key={format}
                className="menu-row min-h-10"
                onClick={() => download(format, name)}
              >
                <span className="w-16 shrink-0 text-text">{name}</span>
                <span className="text-table text-faint">{text}</span>
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
