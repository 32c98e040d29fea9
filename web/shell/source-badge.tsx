'use client';
import clsx from 'clsx';

import { type Lamp, useEventStream, useLamps, useLinkState, useMode } from '../live/live.ts';

type Source = 'replay' | 'chaos' | 'live' | 'marked' | 'idle' | 'partly' | 'offline';

/** Text, frame and dot; `source` is its name in the markup. */
const BADGE: Readonly<
  Record<
    Source,
    { readonly text: string; readonly source: string; readonly look: string; readonly dot: string }
  >
> = {
  replay: { text: 'REPLAY', source: 'replay', look: 'border-replay text-replay', dot: 'bg-replay' },
  chaos: { text: 'CHAOS', source: 'chaos', look: 'border-bad text-bad', dot: 'bg-bad' },
  live: { text: 'LIVE', source: 'live', look: 'border-line text-soft', dot: 'bg-ok' },
  // Live data of an unusual market: its own mark replaces this text.
  marked: {
    text: 'LIVE',
    source: 'live',
    look: 'border-delayed text-delayed',
    dot: 'bg-delayed',
  },
  idle: { text: 'CONNECTED', source: 'idle', look: 'border-line text-soft', dot: 'bg-faint' },
  partly: {
    text: 'NOT CURRENT',
    source: 'none',
    look: 'border-delayed text-delayed',
    dot: 'bg-delayed',
  },
  offline: {
    text: 'OFFLINE',
    source: 'none',
    look: 'border-delayed text-delayed',
    dot: 'bg-delayed',
  },
};

/** REPLAY, LIVE, or why it is not live at the moment. Never LIVE just because a socket is open. */
export function SourceBadge() {
  const mode = useMode();
  const { transport, data } = useLamps();
  const { chaos, state: events } = useEventStream();
  const link = useLinkState();
  // A page without a market has no socket: there the event stream shows whether the feed answers.
  const connected = link.state === 'idle' ? events !== 'waiting' : transport.colour === 'green';
  const kind = mode === 'replay' ? 'replay' : liveSource(connected, data, chaos === true);
  const { text, source, look, dot } = BADGE[kind];
  return (
    <span
      data-testid="source-badge"
      data-source={source}
      title={
        kind === 'replay'
          ? `Everything on this page comes from the recording: ${data.detail}`
          : kind === 'chaos'
            ? 'Faults are injected on purpose: see the status page'
            : data.detail
      }
      className={clsx(
        'mr-1 inline-flex h-5 items-center gap-1.5 rounded-sm border px-1.5 text-micro font-semibold tracking-wide',
        look,
      )}
    >
      <span aria-hidden className={clsx('size-1.5 rounded-full', dot)} />
      {kind === 'marked' ? data.mark?.toUpperCase() : text}
    </span>
  );
}

function liveSource(connected: boolean, data: Lamp, chaos: boolean): Source {
  if (!connected) return 'offline';
  // With injected faults it is never LIVE, however well the clients recover.
  if (chaos) return 'chaos';
  if (data.colour === 'green') return 'live';
  if (data.mark !== undefined) return 'marked';
  // A page without market data has nothing live: it shows only the link.
  if (data.colour === 'grey') return 'idle';
  // The link is up, but something shown is not current: its own panel says what.
  return 'partly';
}
