'use client';
import { useId, type ReactNode } from 'react';

/** Label, control and the problem below it; the control gets the ids that link it to both. */
export function Field(props: {
  readonly label: string;
  readonly problem?: string | undefined;
  readonly hint?: string | undefined;
  readonly children: (ids: {
    readonly id: string;
    readonly 'aria-describedby': string | undefined;
    readonly 'aria-invalid': boolean;
  }) => ReactNode;
}) {
  const id = useId();
  const note = props.problem ?? props.hint;
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="label">
        {props.label}
      </label>
      {props.children({
        id,
        'aria-describedby': note === undefined ? undefined : `${id}-note`,
        'aria-invalid': props.problem !== undefined,
      })}
      {note !== undefined && (
        <p
          id={`${id}-note`}
          className={props.problem === undefined ? 'label' : 'text-micro text-bad'}
          {...(props.problem !== undefined && { role: 'alert' })}
        >
          {note}
        </p>
      )}
    </div>
  );
}
