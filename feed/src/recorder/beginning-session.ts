import type { SessionSource } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';

import type { WorkerSettings } from './recorder-message.ts';
import type { RecorderOptions } from './recorder-options.ts';

/** A session that begins now, named by its source and the time. */
export function beginningSession(
  source: SessionSource,
  { label, origin }: Pick<RecorderOptions, 'label' | 'origin'>,
  now: EpochMs,
): WorkerSettings['session'] {
  const begun = new Date(now).toISOString().slice(0, 19);
  return {
    id: `${source}-${begun.replaceAll(/[-:]/g, '').replace('T', '-')}`,
    label: label ?? `${source} ${begun.slice(0, 16).replace('T', ' ')} UTC`,
    source,
    origin,
  };
}
