import { expect, test } from 'vitest';

import { Listeners } from './listeners.ts';
import { Signal } from './signal.ts';

test('listeners are active from the first to the last, however often one leaves', () => {
  const active: boolean[] = [];
  const heard: string[] = [];
  const listeners = new Listeners<[string]>((isActive) => active.push(isActive));
  const leaveFirst = listeners.add((text) => heard.push(`first ${text}`));
  const leaveSecond = listeners.add((text) => heard.push(`second ${text}`));
  listeners.notify('a');
  leaveFirst();
  leaveFirst();
  listeners.notify('b');
  expect(active).toEqual([true]);
  leaveSecond();
  listeners.notify('c');
  expect({ active, heard }).toEqual({
    active: [true, false],
    heard: ['first a', 'second a', 'second b'],
  });
});

test('a signal notifies only on a change; on the server it keeps its initial value', () => {
  const signal = new Signal(1);
  let changes = 0;
  const leave = signal.subscribe(() => changes++);
  signal.set(1);
  signal.set(2);
  leave();
  signal.set(3);
  expect({ changes, now: signal.getSnapshot(), first: signal.getServerSnapshot() }).toEqual({
    changes: 1,
    now: 3,
    first: 1,
  });
});
