'use client';
import { FileUp, Upload as UploadGlyph } from 'lucide-react';
import { useRef, useState, type DragEvent, type ReactNode } from 'react';

import { ImportCard, UploadCard } from './import-card.tsx';
import { useImports } from './use-imports.ts';

/** Opens the browser's file chooser; several files of one recording are chosen together. */
export function ImportButton() {
  const { start } = useImports();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-testid="import-files"
        aria-label="Files of a recording"
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          // So that the same file can be chosen again.
          event.target.value = '';
          if (files.length > 0) start(files);
        }}
      />
      <button
        type="button"
        className="control"
        title="Recordings, CSV or .tape, plain, gzipped or zipped; or drop them here"
        onClick={() => input.current?.click()}
      >
        <UploadGlyph size={13} aria-hidden /> Import
      </button>
    </>
  );
}

/** Around the list of sessions: files dropped anywhere on it are imported, and running imports are shown above it. */
export function ImportDrop({ children }: { readonly children: ReactNode }) {
  const { shown, start, cancelUpload, dismiss } = useImports();
  const [over, setOver] = useState(false);
  return (
    <div
      className="relative flex min-h-full flex-col"
      onDragOver={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
        setOver(true);
      }}
      onDragLeave={(event) => {
        // Crossing a child is not leaving.
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(false);
        const files = filesOf(event);
        if (files.length > 0) start(files);
      }}
    >
      {shown.length > 0 && (
        <ul aria-label="Imports" className="bg-bg">
          {shown.map((each) =>
            each.kind === 'upload' ? (
              <UploadCard
                key={each.upload.id}
                upload={each.upload}
                onCancel={() => cancelUpload(each.upload.id)}
                onDismiss={() => dismiss(each.upload.id)}
                onRetry={(symbol) => start(each.upload.files, symbol)}
              />
            ) : (
              <ImportCard
                key={each.job.id}
                job={each.job}
                onDismiss={() => dismiss(each.job.id)}
                onRetry={retryOf(each.files, start)}
              />
            ),
          )}
        </ul>
      )}
      {children}
      {over && (
        <div className="pointer-events-none absolute inset-0 z-20 flex items-center justify-center border-2 border-dashed border-info bg-bg/85">
          <p className="flex items-center gap-2 text-title">
            <FileUp size={18} className="text-info" aria-hidden /> Drop to import; the files of one
            recording together
          </p>
        </div>
      )}
    </div>
  );
}

function retryOf(
  files: readonly File[] | undefined,
  start: (files: readonly File[], symbol?: string) => void,
): ((symbol: string) => void) | undefined {
  return files === undefined ? undefined : (symbol) => start(files, symbol);
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer.types.includes('Files');
}

/** Skips folders: the browser gives them no content. */
function filesOf(event: DragEvent): readonly File[] {
  return [...event.dataTransfer.items].flatMap((item) => {
    if (item.kind !== 'file' || item.webkitGetAsEntry()?.isDirectory === true) return [];
    return item.getAsFile() ?? [];
  });
}
