'use client';
import { Select } from '@base-ui/react/select';
import clsx from 'clsx';
import { Check, ChevronDown } from 'lucide-react';

export type ChoiceOption<T extends string> = { readonly value: T; readonly label: string };

/** The dashboard's select, built on Base UI's, which provides keyboard, typeahead and screen reader support. */
export function Choice<T extends string>(props: {
  readonly label: string;
  readonly options: readonly ChoiceOption<T>[];
  readonly value: T;
  readonly onChange: (value: T) => void;
  readonly className?: string | undefined;
  readonly id?: string | undefined;
}) {
  const items = Object.fromEntries(props.options.map((option) => [option.value, option.label]));
  return (
    <Select.Root
      items={items}
      value={props.value}
      onValueChange={(value) => {
        const chosen = props.options.find((option) => option.value === value);
        if (chosen !== undefined) props.onChange(chosen.value);
      }}
    >
      <Select.Trigger
        aria-label={props.label}
        {...(props.id !== undefined && { id: props.id })}
        className={clsx('control justify-between', props.className)}
      >
        <Select.Value />
        <Select.Icon>
          <ChevronDown size={12} className="text-faint" aria-hidden />
        </Select.Icon>
      </Select.Trigger>
      <Select.Portal>
        <Select.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-50">
          <Select.Popup className="popup max-h-80 min-w-[var(--anchor-width)] overflow-auto py-1">
            {props.options.map((option) => (
              <Select.Item key={option.value} value={option.value} className="menu-row pr-6">
                <span className="w-3">
                  <Select.ItemIndicator>
                    <Check size={12} aria-hidden />
                  </Select.ItemIndicator>
                </span>
                <Select.ItemText>{option.label}</Select.ItemText>
              </Select.Item>
            ))}
          </Select.Popup>
        </Select.Positioner>
      </Select.Portal>
    </Select.Root>
  );
}
