'use client';
import { Tooltip } from '@base-ui/react/tooltip';
import type { ReactElement, ReactNode } from 'react';

/** A tooltip: `text` explains the one element inside, which must be focusable to be reached by keyboard. */
export function Hint(props: { readonly text: ReactNode; readonly children: ReactElement }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger render={props.children as ReactElement<Record<string, unknown>>} />
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={6} className="z-[70]">
          <Tooltip.Popup className="popup max-w-72 bg-raised px-2 py-1 text-table text-soft">
            {props.text}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
