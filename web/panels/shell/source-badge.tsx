'use client';
import clsx from 'clsx';

import { useLamps, useMode } from '../../live/live.ts';

/** REPLAY, LIVE, or that it is not live at this moment. Never LIVE on the strength of an open socket alone. */
export function SourceBadge() {
  const mode = useMode();
  const lamps = useLamps();
  const replay = mode === 'replay';
  const live = !replay && lamps.transport.colour === 'green' && lamps.data.colour === 'green';
  const text = replay ? 'REPLAY' : live ? 'LIVE' : 'NOT LIVE';
  return (
    <span
      data-testid="source-badge"
      data-source={replay ? 'replay' : live ? 'live' : 'none'}
      title={replay ? 'Everything on this page comes from the recording' : lamps.data.detail}
      className={clsx(
        'mr-1 inline-flex h-5 items-center gap-1.5 rounded-sm border px-1.5 text-micro font-semibold tracking-wide',
        replay && 'border-replay text-replay',
        live && 'border-line text-soft',
        !replay && !live && 'border-delayed text-delayed',
      )}
    >
      <span
        aria-hidden
        className={clsx(
          'size-1.5 rounded-full',
          replay ? 'bg-replay' : live ? 'bg-ok' : 'bg-delayed',
        )}
      />
      {text}
    </span>
  );
}
