'use client';
import { Check, FileUp, TriangleAlert, X } from 'lucide-react';
import Link from 'next/link';
import { useState, type ReactNode } from 'react';

import type { ImportBody, ImportedSessionBody } from '@tapedeck/market/wire/import';

import { useMonotonic } from '../../live/live.ts';
import { toastProblem } from '../../notices/toasts.ts';
import { cancelImport } from '../../queries/imports.ts';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import type { Upload } from './import-store.ts';
import {
  contentText,
  errorText,
  namesText,
  problemsText,
  progressText,
  uploadText,
  wantsSymbol,
} from './import-words.ts';

type Retry = (symbol: string) => void;

/** Files being sent to the feed. */
export function UploadCard(props: {
  readonly upload: Upload;
  readonly onCancel: () => void;
  readonly onDismiss: () => void;
  readonly onRetry: Retry;
}) {
  const { upload } = props;
  const now = useMonotonic();
  const names = upload.files.map((file) => file.name);
  const name = namesText(names);
  if (upload.problem !== undefined)
    return <FailedCard names={names} message={upload.problem} {...props} />;
  const share = upload.totalBytes === 0 ? undefined : upload.sentBytes / upload.totalBytes;
  return (
    <Card
      glyph={<FileUp size={14} className="text-info" aria-hidden />}
      title={<>Sending {name}</>}
      detail={uploadText(upload.sentBytes, upload.totalBytes, now - upload.startedAt)}
      actions={
        <button type="button" className="control control-small" onClick={props.onCancel}>
          Cancel
        </button>
      }
    >
      <ProgressBar label={`Sending ${name}`} share={share} />
    </Card>
  );
}

/** An import in the feed, while it runs and after it has ended. */
export function ImportCard(props: {
  readonly job: ImportBody;
  readonly onDismiss: () => void;
  /** Undefined if this page does not have the files. */
  readonly onRetry: Retry | undefined;
}) {
  const { job, onDismiss } = props;
  const [cancelling, setCancelling] = useState(false);
  const names = job.files.map((file) => file.name);
  const name = namesText(names);
  if (job.state === 'failed')
    return <FailedCard names={names} message={job.error ?? 'the import failed'} {...props} />;
  if (job.state === 'cancelled')
    return (
      <Card
        glyph={<X size={14} className="text-faint" aria-hidden />}
        title={<>{name} was cancelled</>}
        detail="Nothing was kept"
        actions={<Dismiss onDismiss={onDismiss} />}
      />
    );
  if (job.state === 'done')
    return (
      <>
        {job.sessions.map((session, index) => (
          <DoneCard
            key={session.session}
            session={session}
            onDismiss={index === 0 ? onDismiss : undefined}
          />
        ))}
      </>
    );
  return (
    <Card
      glyph={<FileUp size={14} className="text-info" aria-hidden />}
      title={
        <>
          Importing {name}
          {job.symbol !== '' && <span className="text-faint"> as {job.symbol}</span>}
        </>
      }
      detail={cancelling ? 'Cancelling…' : progressText(job)}
      actions={
        <button
          type="button"
          className="control control-small"
          disabled={cancelling}
          onClick={() => {
            setCancelling(true);
            void cancelImport(job.id).catch((error: unknown) => {
              setCancelling(false);
              toastProblem('The import was not cancelled', error);
            });
          }}
        >
          Cancel
        </button>
      }
    >
      <ProgressBar
        label={`Importing ${name}`}
        share={job.totalBytes === 0 ? undefined : job.bytes / job.totalBytes}
      />
    </Card>
  );
}

function DoneCard(props: {
  readonly session: ImportedSessionBody;
  readonly onDismiss: (() => void) | undefined;
}) {
  const { session } = props;
  const problems = problemsText(session);
  return (
    <Card
      glyph={<Check size={14} className="text-info" aria-hidden />}
      title={
        session.already ? (
          <>
            {session.symbol} <span className="text-soft">is here already: the same recording</span>
          </>
        ) : (
          <>{session.symbol} imported</>
        )
      }
      detail={contentText(session)}
      actions={
        <>
          <Link
            href={`/replay/${encodeURIComponent(session.session)}`}
            className="control control-small control-primary"
          >
            Open
          </Link>
          {props.onDismiss !== undefined && <Dismiss onDismiss={props.onDismiss} />}
        </>
      }
    >
      {problems !== '' && (
        <details className="text-micro text-soft">
          <summary className="cursor-pointer text-delayed">Skipped or noted: {problems}</summary>
          <ul className="num mt-1 max-h-32 overflow-auto">
            {session.problems.map((problem) => (
              <li
                key={`${problem.file}:${problem.line}:${problem.kind}`}
                className="break-words whitespace-normal"
              >
                {problem.file}:{problem.line}: {problem.kind}: {problem.detail}
              </li>
            ))}
          </ul>
        </details>
      )}
    </Card>
  );
}

function FailedCard(props: {
  readonly names: readonly string[];
  readonly message: string;
  readonly onDismiss: () => void;
  readonly onRetry: Retry | undefined;
}) {
  const { names, message, onRetry } = props;
  const [symbol, setSymbol] = useState('');
  return (
    <Card
      alert
      glyph={<TriangleAlert size={14} className="text-bad" aria-hidden />}
      title={<>{namesText(names)} was not imported</>}
      detail={errorText(message, names)}
      actions={<Dismiss onDismiss={props.onDismiss} />}
    >
      {wantsSymbol(message) && onRetry !== undefined && (
        <form
          className="flex gap-1"
          onSubmit={(event) => {
            event.preventDefault();
            if (symbol.trim() === '') return;
            props.onDismiss();
            onRetry(symbol.trim());
          }}
        >
          <input
            className="field h-6 w-52 text-table"
            aria-label="Symbol of the recording"
            placeholder="BTCUSDT@binance"
            value={symbol}
            onChange={(event) => setSymbol(event.target.value)}
          />
          <button type="submit" className="control">
            Try again
          </button>
        </form>
      )}
    </Card>
  );
}

function Dismiss({ onDismiss }: { readonly onDismiss: () => void }) {
  return (
    <button
      type="button"
      className="control control-quiet control-small control-icon"
      aria-label="Dismiss"
      onClick={onDismiss}
    >
      <X size={12} aria-hidden />
    </button>
  );
}

function Card(props: {
  readonly glyph: ReactNode;
  readonly title: ReactNode;
  readonly detail: string;
  readonly actions: ReactNode;
  readonly alert?: boolean;
  readonly children?: ReactNode;
}) {
  return (
    <li
      data-testid="import-card"
      className="flex flex-col gap-1 border-b border-line px-3 py-1.5"
      {...(props.alert === true && { role: 'alert' })}
    >
      <div className="flex items-start gap-2">
        <span className="mt-[3px] shrink-0">{props.glyph}</span>
        <div className="flex min-w-0 flex-1 flex-wrap items-baseline gap-x-2">
          <span className="min-w-0 text-body break-words">{props.title}</span>
          <span className="num min-w-0 text-table break-words text-soft">{props.detail}</span>
        </div>
        <span className="flex shrink-0 items-center gap-1">{props.actions}</span>
      </div>
      {props.children}
    </li>
  );
}
