import clsx from 'clsx';

import type { VenueLinkBody } from '@tapedeck/market/wire/venue/venue-body';

import { bytesText, countText, rateText } from '../../format/rate-text.ts';
import { LINK_LOOK, linkDetail } from './link-words.ts';
import { wasLook } from './look.ts';

type LinkLampProps = {
  readonly link: VenueLinkBody;
  readonly now: number;
  /** The feed has not answered since: the state is that of its last answer. */
  readonly isOld: boolean;
};

/** One link to a venue: its state in words, what passes over it, and why it is not up. */
export function LinkLamp({ link, now, isOld }: LinkLampProps) {
  const { id, path, state, streams, trouble } = link;
  const [glyph, colour, word] = isOld ? wasLook(LINK_LOOK[state]) : LINK_LOOK[state];
  const detail = isOld ? undefined : linkDetail(link, now);
  return (
    <li data-testid="venue-link" data-state={state} className="mb-1 text-table">
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span aria-hidden className={clsx('w-2.5 text-[9px]', colour)}>
          {glyph}
        </span>
        <span className="num text-faint">{id}</span>
        <span className={colour === 'text-bad' ? colour : undefined}>{word}</span>
        {detail !== undefined && <span className="text-soft">{detail}</span>}
        <span className="num ml-auto text-micro text-faint">
          {path} · {countText(streams)} {streams === 1 ? 'stream' : 'streams'}
          {link.upMs !== undefined &&
            ` · ${rateText(link.messagesPerSecond)} msg/s · ${bytesText(link.bytesPerSecond)}/s`}
        </span>
      </p>
      {trouble !== undefined && (
        <p className="ml-1 border-l-2 border-bad pl-2 text-table break-words">{trouble}</p>
      )}
    </li>
  );
}
