'use client';
import { Check, Copy, RotateCw, TriangleAlert } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { FallbackProps } from 'react-error-boundary';

import { useLinkState, useMonotonic, type DataState } from '../live/live.ts';

/** A quiet message in the middle of a panel: why it is empty, and what can be done. */
export function PanelMessage(props: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}) {
  return (
    <div className="flex h-full min-h-16 flex-col items-center justify-center gap-1 p-4 text-center">
      <p className="text-body text-soft">{props.title}</p>
      {props.children !== undefined && (
        <div className="max-w-[52ch] text-table text-faint">{props.children}</div>
      )}
      {props.action !== undefined && <div className="mt-2">{props.action}</div>}
    </div>
  );
}

/** What a panel shows before its first value: nothing for a second, then what it awaits, then what may be wrong. */
export function Waiting(props: { readonly state: DataState; readonly onRetry?: () => void }) {
  const now = useMonotonic();
  const link = useLinkState();
  const { state } = props;
  if (state.kind === 'empty') return <PanelMessage title={state.why} />;
  if (state.kind === 'error')
    return <Problem message={state.message} onRetry={props.onRetry ?? link.retryNow} />;
  if (state.kind === 'halted') return <PanelMessage title="Halted">{state.reason}</PanelMessage>;
  if (state.kind === 'disconnected') return <PanelMessage title="No link to the feed" />;
  if (state.kind !== 'loading') return null;
  const waitedMs = now - state.since;
  if (waitedMs < 1_000) return null;
  return (
    <PanelMessage
      title={
        state.awaiting.startsWith('the feed c')
          ? 'The feed cannot be reached'
          : `Waiting for ${state.awaiting}\u2026`
      }
    >
      {waitedMs > 10_000 && 'This is taking too long. The feed may be starting or unreachable.'}
    </PanelMessage>
  );
}

/** A failure: outlined and with a glyph, so that it is never mistaken for a falling price. */
export function Problem(props: { readonly message: string; readonly onRetry?: () => void }) {
  const [copied, setCopied] = useState(false);
  return (
    <div role="alert" className="flex h-full min-h-16 items-center justify-center p-3">
      <div className="flex max-w-[56ch] flex-col gap-2 rounded-md border border-bad p-3">
        <p className="flex items-start gap-2 text-table text-text">
          <TriangleAlert size={14} className="mt-px shrink-0 text-bad" aria-hidden />
          <span className="min-w-0 break-words">{props.message}</span>
        </p>
        <div className="flex gap-1">
          {props.onRetry !== undefined && (
            <button type="button" className="control control-small" onClick={props.onRetry}>
              <RotateCw size={11} aria-hidden /> Retry
            </button>
          )}
          <button
            type="button"
            className="control control-small"
            onClick={() => {
              void navigator.clipboard?.writeText(props.message).then(() => setCopied(true));
            }}
          >
            {copied ? <Check size={11} aria-hidden /> : <Copy size={11} aria-hidden />} Copy
          </button>
        </div>
      </div>
    </div>
  );
}

/** Fallback of each panel's error boundary: the other panels keep running. */
export function Failure({ error, resetErrorBoundary }: FallbackProps) {
  const message = error instanceof Error ? error.message : String(error);
  return <Problem message={`This panel failed: ${message}`} onRetry={() => resetErrorBoundary()} />;
}
