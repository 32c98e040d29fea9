import clsx from 'clsx';

import { nameOf } from '@tapedeck/market/instrument/instrument';
import type { MeasuredHeadline } from '@tapedeck/market/wire/http';

import { HORIZONS, moveCell } from './impact-words.ts';

/** Column heads of the tables in a list, on screens where the tables line up. */
export function ImpactHead() {
  return (
    <li
      aria-hidden
      className="grid-head sticky top-0 hidden justify-end border-b border-line px-2 leading-6 md:flex"
    >
      {HORIZONS.map((horizon) => (
        <span key={horizon} className="w-[46px] text-right">
          +{horizon}
        </span>
      ))}
    </li>
  );
}

/** Moves of a headline's first markets after it; equally wide for every headline, so that the columns line up. */
export function ImpactTable({ headline }: { readonly headline: MeasuredHeadline }) {
  const impact = headline.impact ?? [];
  // A single market is already named beside the headline.
  const isOne = headline.symbols.length <= 1;
  return (
    <table
      className="num shrink-0 self-start text-micro max-md:ml-[60px]"
      aria-label="Moves after the headline, bp"
    >
      <thead className="sr-only">
        <tr>
          <th scope="col">Market</th>
          {HORIZONS.map((horizon) => (
            <th key={horizon} scope="col">
              +{horizon}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {impact.map((each) => (
          <tr key={each.symbol}>
            <th
              scope="row"
              className={clsx(
                'pr-2 text-left font-normal whitespace-nowrap text-faint md:text-right',
                isOne && 'sr-only',
              )}
            >
              {nameOf(each.symbol)}
            </th>
            {HORIZONS.map((horizon) => {
              const { text, direction, isLoud, hint } = moveCell(each, horizon);
              return (
                <td
                  key={horizon}
                  title={`+${horizon}: ${hint}`}
                  className={clsx(
                    'w-[64px] min-w-[64px] leading-[18px] whitespace-nowrap md:w-[46px] md:min-w-[46px] md:text-right',
                    direction > 0 && 'text-up-text',
                    direction < 0 && 'text-down-text',
                    direction === 0 && 'text-faint',
                    isLoud && 'font-semibold',
                  )}
                >
                  <span aria-hidden className="font-normal text-faint md:hidden">
                    {horizon}{' '}
                  </span>
                  {text}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
