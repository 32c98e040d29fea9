'use client';
import clsx from 'clsx';

/** A row of choices, one of them active. Small, for panel headers. */
export function Segmented<T extends string>(props: {
  readonly label: string;
  readonly options: readonly { readonly value: T; readonly text: string; readonly hint?: string }[];
  readonly value: T;
  readonly onChange: (value: T) => void;
  readonly className?: string | undefined;
}) {
  return (
    <div
      role="group"
      aria-label={props.label}
      className={clsx('flex items-center', props.className)}
    >
      {props.options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === props.value}
          {...(option.hint !== undefined && { title: option.hint })}
          onClick={() => props.onChange(option.value)}
          className={clsx(
            'h-5 rounded-sm px-1.5 text-micro',
            option.value === props.value
              ? 'bg-raised font-semibold text-text'
              : 'text-faint hover:text-text',
          )}
        >
          {option.text}
        </button>
      ))}
    </div>
  );
}
