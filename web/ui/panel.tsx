'use client';
import clsx from 'clsx';
import { Maximize2, Minimize2 } from 'lucide-react';
import { useId, useSyncExternalStore, type ReactNode } from 'react';
import { ErrorBoundary } from 'react-error-boundary';

import { isOld } from '../format/state-text.ts';
import type { Cross, DataState } from '../live/live.ts';
import { maximisedPanel, pointAtPanel, toggleMaximised } from './panel-focus.ts';
import { Failure } from './panel-message.tsx';
import { StatePill } from './state-pill.tsx';

export type PanelProps = {
  readonly title: string;
  /** Of the data inside; absent for panels without market data. */
  readonly state?: DataState | undefined;
  /** For panels that show best prices: how the two relate. */
  readonly cross?: Cross | undefined;
  readonly controls?: ReactNode;
  readonly children: ReactNode;
  readonly testId?: string | undefined;
  readonly sequence?: number | undefined;
  readonly className?: string | undefined;
  /** False: the panel hatches its own body, because a part of it must stay readable (the chart's axis, a form). */
  readonly hatchBody?: boolean | undefined;
};

/** Frame of every panel: title, controls, the state in words, its own error boundary, and `f` to maximise. */
export function Panel(props: PanelProps) {
  const { title, state, controls, children, hatchBody = true } = props;
  const id = useId();
  const maximised = useSyncExternalStore(
    maximisedPanel.subscribe,
    () => maximisedPanel.value === id,
    () => false,
  );
  return (
    <section
      aria-label={title}
      data-testid={props.testId}
      data-panel={id}
      data-state={state?.kind}
      data-cross={props.cross}
      data-sequence={props.sequence}
      onPointerEnter={() => pointAtPanel(id)}
      onFocus={() => pointAtPanel(id)}
      className={clsx(
        'group/panel @container flex h-full min-h-0 min-w-0 flex-col bg-surface',
        maximised && 'fixed inset-x-0 top-10 bottom-6 z-40 !h-auto border-t border-line',
        props.className,
      )}
    >
      <header
        className="flex h-7 shrink-0 items-center gap-2 border-b border-line pr-1 pl-2"
        onDoubleClick={() => toggleMaximised(id)}
      >
        <h2 className="shrink-0 text-table font-semibold text-soft">{title}</h2>
        {/* The state and its age are never cut. Controls give way, the last one first: one without room wraps to a
            hidden line. The empty first item lets even the first control wrap instead of being clipped on the left. */}
        <div className="flex h-5 min-w-0 flex-1 flex-wrap content-start items-center justify-end gap-x-1 overflow-hidden before:h-5 before:content-['']">
          {controls}
        </div>
        <div className="flex shrink-0 items-center gap-1">
          {state !== undefined && <StatePill state={state} cross={props.cross} />}
          <button
            type="button"
            className={clsx(
              'control control-quiet control-small control-icon hidden text-faint md:inline-flex',
              !maximised && 'opacity-0 group-hover/panel:opacity-100 focus-visible:opacity-100',
            )}
            aria-label={maximised ? `Restore ${title}` : `Maximise ${title}`}
            aria-pressed={maximised}
            onClick={() => toggleMaximised(id)}
          >
            {maximised ? <Minimize2 size={12} /> : <Maximize2 size={12} />}
          </button>
        </div>
      </header>
      <div
        className={clsx(
          'relative flex min-h-0 flex-1 flex-col [contain:content]',
          hatchBody && state !== undefined && isOld(state) && 'old-data',
        )}
      >
        <ErrorBoundary FallbackComponent={Failure}>{children}</ErrorBoundary>
      </div>
    </section>
  );
}
