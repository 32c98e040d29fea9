'use client';
import clsx from 'clsx';

import { useLamps, useMode } from '../../live/live.ts';

/** REPLAY, LIVE, or that it is not live at this moment. Never LIVE on the strength of an open socket alone. */
export function SourceBadge() {
  const mode = useMode();
  const lamps = useLamps();
  const replay = mode === 'replay';
  const live = !replay && lamps.transport.colour === 'green' && lamps.data.colour === 'green';
  // A page without market data has nothing that could be live: it says what it knows, the link.
  const idle = !replay && lamps.transport.colour === 'green' && lamps.data.colour === 'grey';
  // The link stands, but something shown is not current: which, its own panel says.
  const partly = !replay && !live && !idle && lamps.transport.colour === 'green';
  const text = replay
    ? 'REPLAY'
    : live
      ? 'LIVE'
      : idle
        ? 'CONNECTED'
        : partly
          ? 'NOT CURRENT'
          : 'OFFLINE';
  return (
    <span
      data-testid="source-badge"
      data-source={replay ? 'replay' : live ? 'live' : idle ? 'idle' : 'none'}
      title={replay ? 'Everything on this page comes from the recording' : lamps.data.detail}
      className={clsx(
        'mr-1 inline-flex h-5 items-center gap-1.5 rounded-sm border px-1.5 text-micro font-semibold tracking-wide',
        replay && 'border-replay text-replay',
        (live || idle) && 'border-line text-soft',
        !replay && !live && !idle && 'border-delayed text-delayed',
      )}
    >
      <span
        aria-hidden
        className={clsx(
          'size-1.5 rounded-full',
          replay ? 'bg-replay' : live ? 'bg-ok' : idle ? 'bg-faint' : 'bg-delayed',
        )}
      />
      {text}
    </span>
  );
}
