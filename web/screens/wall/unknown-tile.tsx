import type { CSSProperties } from 'react';

import type { InstrumentBody } from '@tapedeck/market/wire/http';

/** How many names fit in a tile when three are side by side. */
const NAMES = 6;

/** A name in the wall's address that is not a live symbol of this feed, and the symbols that are. */
export function UnknownTile(props: {
  readonly symbol: string;
  /** The feed has sessions of it, but no live market. */
  readonly recorded: boolean;
  readonly known: readonly InstrumentBody[];
  /** Out of the grid's six columns. */
  readonly span: number;
}) {
  const { symbol, recorded } = props;
  const live = props.known.filter((one) => one.state !== 'recorded').map((one) => one.symbol);
  const more = live.length - NAMES;
  return (
    <article
      data-testid="wall-tile"
      data-symbol={symbol}
      data-state="error"
      aria-label={symbol}
      className="wall-tile"
      style={{ '--price-em': 4, '--span': props.span } as CSSProperties}
    >
      <header className="wall-head">
        <h2 className="wall-label min-w-0 font-semibold break-all text-text">{symbol}</h2>
        <span className="wall-age num text-bad">ERROR</span>
      </header>
      <p className="wall-label mt-[1vmin] text-text">
        {recorded ? 'is recorded, not live.' : 'is unknown to this feed.'}
      </p>
      <p className="wall-label mt-[3vmin] flex flex-wrap gap-x-[2vmin]">
        {live.length === 0 ? 'It has no live symbols.' : 'Known:'}
        {live.slice(0, NAMES).map((name) => (
          <span key={name} className="whitespace-nowrap">
            {name}
          </span>
        ))}
        {more > 0 && <span>+{more}</span>}
      </p>
    </article>
  );
}
