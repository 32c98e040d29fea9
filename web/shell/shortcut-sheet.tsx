'use client';
import { Sheet } from '../ui/sheet.tsx';
import { overlay } from './shell-signals.ts';

const GROUPS: readonly {
  readonly title: string;
  readonly keys: readonly (readonly [string, string])[];
}[] = [
  {
    title: 'Everywhere',
    keys: [
      ['Ctrl K', 'Command palette'],
      ['/', 'Search for a symbol'],
      ['?', 'This sheet'],
      ['f', 'Maximise the panel under the pointer'],
      ['m', 'Alert sound on, off'],
      ['Esc', 'Close, restore, cancel'],
    ],
  },
  {
    title: 'Go to',
    keys: [
      ['g o', 'Overview'],
      ['g s', 'Trade'],
      ['g r', 'Replay'],
      ['g w', 'Wall'],
      ['g a', 'Alerts'],
      ['g n', 'News'],
      ['g t', 'Status'],
    ],
  },
  {
    title: 'Trade',
    keys: [
      ['[ ]', 'Finer, coarser grouping'],
      ['c', 'Centre the ladder, chart to the newest'],
      ['b', 'Speak best bid and ask'],
      ['p', 'Pause the tape'],
      ['\u2191 \u2193', 'Row cursor in the ladder'],
    ],
  },
  {
    title: 'Replay',
    keys: [
      ['Space', 'Play, pause'],
      ['\u2190 \u2192', 'Step (Shift: ten)'],
      [', .', 'Slower, faster'],
      ['n t x', 'Next headline, trade, gap (Shift: previous)'],
      ['j', 'Go to a time'],
      ['l', 'Copy a link to this moment'],
      ['Home End', 'Start, end'],
    ],
  },
  {
    title: 'Wall',
    keys: [
      ['\u2190 \u2192', 'Previous, next scene'],
      ['Space', 'Hold the scene'],
      ['Esc', 'Leave'],
    ],
  },
];

/** Every shortcut, and no others. */
export function ShortcutSheet() {
  return (
    <Sheet open onOpenChange={(open) => !open && overlay.set(undefined)} title="Keyboard shortcuts">
      <div className="columns-1 gap-8 p-4 sm:columns-2">
        {GROUPS.map((group) => (
          <section key={group.title} className="mb-5 break-inside-avoid">
            <h3 className="label mb-1">{group.title}</h3>
            <dl>
              {group.keys.map(([keys, what]) => (
                <div key={keys} className="flex h-7 items-center gap-3">
                  <dt className="flex w-24 shrink-0 gap-1">
                    {keys.split(' ').map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd className="text-table text-soft">{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p className="label border-t border-line px-4 py-2">
        Letters are ignored while you type; Settings turns them all off.
      </p>
    </Sheet>
  );
}
