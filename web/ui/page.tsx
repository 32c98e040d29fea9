import clsx from 'clsx';
import type { ReactNode } from 'react';

/** A page with a heading and its content, for every page that is not a desk of panels. */
export function Page(props: {
  readonly title: string;
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly narrow?: boolean;
}) {
  return (
    <div className="flex min-h-0 flex-1 flex-col bg-surface">
      <header className="flex min-h-10 shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-3 py-1.5">
        <h1 className="text-title font-semibold">{props.title}</h1>
        {props.note !== undefined && (
          <span className="min-w-0 text-table [overflow-wrap:anywhere] text-faint">
            {props.note}
          </span>
        )}
        {props.actions !== undefined && (
          <div className="ml-auto flex items-center gap-2">{props.actions}</div>
        )}
      </header>
      <div
        className={clsx(
          'min-h-0 flex-1 overflow-auto',
          props.narrow === true && 'w-full max-w-3xl',
        )}
      >
        {props.children}
      </div>
    </div>
  );
}
