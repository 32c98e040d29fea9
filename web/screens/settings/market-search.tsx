'use client';
import { useQuery } from '@tanstack/react-query';
import clsx from 'clsx';
import { Check, Plus } from 'lucide-react';
import { useDeferredValue, useEffect, useId, useState, type KeyboardEvent } from 'react';

import type { SourceReport, VenueInstrumentBody } from '@tapedeck/market/wire/venue/venue-body';

import { proofText, promiseText } from '../../format/capability-text.ts';
import { countText } from '../../format/rate-text.ts';
import { useAskAgain } from '../../queries/ask-again.ts';
import { type SourceId, venueInstrumentsQuery, venuesQuery } from '../../queries/venues.ts';
import { Choice } from '../../ui/choice.tsx';
import { Field } from '../../ui/field.tsx';
import { Loading } from '../../ui/loading.tsx';
import { PanelMessage, Problem } from '../../ui/panel-message.tsx';
import { ProofBadge } from '../../ui/proof-badge.tsx';

/** A search waits until the typing pauses for this long. */
const PAUSE_MS = 180;

type Search = {
  readonly live: readonly SourceReport[];
  readonly onAdd: (source: SourceId) => void;
  readonly adding: SourceId | undefined;
};

/** A venue and a word, and what the venue lists under it. */
export function MarketSearch(props: Search) {
  const askAgain = useAskAgain();
  const venues = useQuery(venuesQuery());
  const [chosen, setVenue] = useState<string | undefined>(undefined);
  if (venues.isError)
    return <Problem message={venues.error.message} onRetry={() => askAgain(venuesQuery())} />;
  if (venues.data === undefined)
    return <Loading what="the venues" onRetry={() => askAgain(venuesQuery())} />;
  const venue = venues.data.find((each) => each.venue === chosen) ?? venues.data[0];
  if (venue === undefined) return <PanelMessage title="This feed knows no venue" />;
  return (
    <>
      <div className="mb-2 flex flex-wrap items-end gap-2">
        <Field label="Venue">
          {({ id }) => (
            <Choice
              id={id}
              label="Venue"
              value={venue.venue}
              options={venues.data.map((each) => ({ value: each.venue, label: each.venue }))}
              onChange={setVenue}
              className="h-7 min-w-36"
            />
          )}
        </Field>
        <p className="label min-w-0 flex-1 pb-1" title={proofText(venue.capability).detail}>
          <ProofBadge capability={venue.capability} withWord />
          <span className="block">{promiseText(venue.capability)}</span>
        </p>
      </div>
      <Listed key={venue.venue} venue={venue.venue} {...props} />
    </>
  );
}

function Listed({ venue, live, onAdd, adding }: Search & { readonly venue: string }) {
  const askAgain = useAskAgain();
  const [text, setText] = useState('');
  const word = usePaused(text.trim());
  const [at, setAt] = useState(0);
  const listId = useId();
  const query = venueInstrumentsQuery(venue, word);
  const found = useQuery(query);
  const rows = useDeferredValue(found.data?.instruments ?? []);
  const added = new Set(live.filter((each) => each.venue === venue).map(({ id }) => id));
  const active = Math.min(at, rows.length - 1);
  const add = (row: VenueInstrumentBody | undefined): void => {
    if (row !== undefined && !added.has(row.id)) onAdd({ venue, id: row.id });
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      setAt(Math.max(0, Math.min(rows.length - 1, active + step)));
      event.preventDefault();
    } else if (event.key === 'Enter') add(rows[active]);
    else if (event.key === 'Escape') setText('');
  };
  useEffect(() => {
    document.querySelector(`#${CSS.escape(`${listId}-${active}`)}`)?.scrollIntoView({
      block: 'nearest',
    });
  }, [listId, active]);
  return (
    <>
      <input
        type="search"
        role="combobox"
        className="field"
        placeholder={`Search ${venue}: btc, eth usd, \u2026`}
        aria-label={`Search the instruments of ${venue}`}
        aria-expanded={rows.length > 0}
        aria-controls={listId}
        aria-activedescendant={rows.length > 0 ? `${listId}-${active}` : undefined}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      <div
        className={clsx('mt-2', found.isPlaceholderData && 'opacity-55')}
        aria-busy={found.isFetching}
      >
        {found.isError ? (
          <Problem message={found.error.message} onRetry={() => askAgain(query)} />
        ) : found.data === undefined ? (
          <Loading what={`the instruments of ${venue}`} onRetry={() => askAgain(query)} />
        ) : (
          <>
            <div
              id={listId}
              role="listbox"
              aria-label={`Instruments of ${venue}`}
              hidden={rows.length === 0}
              className="max-h-[min(52vh,640px)] overflow-y-auto rounded-md border border-line"
            >
              {rows.map((row, index) => (
                <Option
                  key={row.id}
                  id={`${listId}-${index}`}
                  row={row}
                  isActive={index === active}
                  isAdded={added.has(row.id)}
                  isAdding={adding?.venue === venue && adding.id === row.id}
                  onPoint={() => setAt(index)}
                  onAdd={() => add(row)}
                />
              ))}
            </div>
            <p className="label mt-1.5 flex justify-between gap-3" role="status">
              <span>{foundText(found.data.found, rows.length, word, venue)}</span>
              <span className="hidden sm:inline">
                <kbd>↑</kbd> <kbd>↓</kbd> choose · <kbd>Enter</kbd> add
              </span>
            </p>
          </>
        )}
      </div>
    </>
  );
}

function foundText(found: number, shown: number, word: string, venue: string): string {
  if (found === 0)
    return word === ''
      ? `${venue} lists nothing`
      : `${venue} lists nothing like \u201c${word}\u201d`;
  if (found > shown)
    return `${countText(shown)} of ${countText(found)}; type more to narrow it down`;
  return found === 1 ? '1 instrument' : `${countText(found)} instruments`;
}

function Option(props: {
  readonly id: string;
  readonly row: VenueInstrumentBody;
  readonly isActive: boolean;
  readonly isAdded: boolean;
  readonly isAdding: boolean;
  readonly onPoint: () => void;
  readonly onAdd: () => void;
}) {
  const { row, isAdded, isAdding } = props;
  const isOpen = row.status === 'open';
  return (
    // The search field has the focus and the keys (`aria-activedescendant`).
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      id={props.id}
      role="option"
      aria-selected={props.isActive}
      aria-disabled={isAdded}
      data-testid="found"
      data-symbol={row.symbol}
      onPointerMove={props.onPoint}
      onClick={props.onAdd}
      className={clsx(
        'flex h-8 cursor-pointer items-center gap-2 border-b border-line/50 px-2 text-table last:border-b-0',
        props.isActive && 'bg-raised',
      )}
    >
      <span className={clsx('min-w-0 flex-1 truncate', isOpen ? 'font-semibold' : 'text-faint')}>
        {row.id}
      </span>
      {!isOpen && <span className="text-micro text-delayed">{row.status}</span>}
      <span className="num hidden text-micro text-faint sm:inline">tick {row.tickSize}</span>
      <span
        className={clsx(
          'flex w-16 items-center justify-end gap-1 text-micro',
          isAdded ? 'text-faint' : props.isActive ? 'text-text' : 'text-soft',
        )}
      >
        {isAdded ? <Check size={12} aria-hidden /> : <Plus size={12} aria-hidden />}
        {isAdded ? 'Added' : isAdding ? 'Adding\u2026' : 'Add'}
      </span>
    </div>
  );
}

/** The value, once it has not changed for a moment. */
function usePaused(value: string): string {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return paused;
}
