'use client';
import { Dialog } from '@base-ui/react/dialog';
import clsx from 'clsx';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';

/** A dialog in the middle, or a drawer at the right edge. The library handles focus, Esc and the backdrop. */
export function Sheet(props: {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  readonly side?: 'middle' | 'right' | undefined;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string | undefined;
}) {
  const right = props.side === 'right';
  return (
    <Dialog.Root open={props.open} onOpenChange={props.onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className={clsx('fixed inset-0 z-50', !right && 'bg-bg/70')} />
        <Dialog.Popup
          className={clsx(
            'popup fixed z-50 flex flex-col',
            right
              ? 'top-10 right-0 bottom-6 w-[min(400px,100vw)] !rounded-none border-y-0 border-r-0'
              : 'top-[12vh] left-1/2 max-h-[76vh] w-[min(640px,calc(100vw-24px))] -translate-x-1/2',
            props.className,
          )}
        >
          <header className="flex h-10 shrink-0 items-center gap-2 border-b border-line pr-2 pl-3">
            <Dialog.Title className="text-title font-semibold">{props.title}</Dialog.Title>
            <div className="ml-auto flex items-center gap-1">
              {props.actions}
              <Dialog.Close className="control control-quiet control-icon" aria-label="Close">
                <X size={14} aria-hidden />
              </Dialog.Close>
            </div>
          </header>
          <div className="min-h-0 flex-1 overflow-auto">{props.children}</div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
