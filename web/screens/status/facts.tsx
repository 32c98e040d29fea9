import type { ReactNode } from 'react';

/** A titled list of facts. */
export function Facts(props: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section aria-label={props.title} className="border-r border-b border-line px-3 py-2">
      <h2 className="mb-1 text-table font-semibold text-soft">{props.title}</h2>
      <dl>{props.children}</dl>
    </section>
  );
}

/** One line of a list of facts; amber for a warning. */
export function Fact(props: {
  readonly label: string;
  readonly warn?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <div className="flex min-h-[22px] items-baseline justify-between gap-4 text-table">
      <dt className="shrink-0 text-faint">{props.label}</dt>
      <dd
        className={`num min-w-0 text-right break-words ${props.warn === true ? 'text-delayed' : ''}`}
      >
        {props.children}
      </dd>
    </div>
  );
}
