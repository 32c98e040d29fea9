import { isSymbol, nameOf, SYMBOL_FORM } from '@tapedeck/market/instrument/instrument';

import type { VenueMarket } from '../../venue/venue-market.ts';
import type { FileBeginning, RecordingFormat } from '../format/recording-format.ts';
import { ImportError } from '../read/import-problem.ts';

/** The market of a file. @throws ImportError if it cannot be determined, or is not the requested one. */
export function chooseMarket(
  beginning: FileBeginning,
  format: RecordingFormat,
  symbol: string | undefined,
): VenueMarket {
  const market = namedMarket(beginning, format, symbol);
  const chosen = `${market.market}@${market.venue}`;
  if (isSymbol(chosen)) return market;
  throw new ImportError(
    `${beginning.file}: ${chosen} is not a symbol (${SYMBOL_FORM}); name it with --symbol`,
  );
}

function namedMarket(
  beginning: FileBeginning,
  format: RecordingFormat,
  symbol: string | undefined,
): VenueMarket {
  const { lines, file: name, path } = beginning;
  const isWhole = symbol !== undefined && nameOf(symbol) !== symbol;
  const question = isWhole ? undefined : format.question?.(lines, name, path);
  if (question !== undefined) throw new ImportError(`${name}: ${question}`, { wrongUse: true });
  const found = format.marketsOf(lines, name, path);
  if (symbol !== undefined) {
    const wanted = format.marketOf(symbol, beginning);
    const match = found.find((market) => market.market === wanted.market);
    if (match !== undefined) return isWhole ? wanted : match;
    // The beginning of a file of many markets need not show all of them.
    if (found.length > 0 && format.venueOf === undefined)
      throw new ImportError(
        `${name} holds ${found.map((market) => market.market).join(', ')}, not ${wanted.market}`,
      );
    const venue = format.venueOf?.(lines, name);
    return venue === undefined || isWhole ? wanted : { ...wanted, venue };
  }
  const [first, ...others] = found;
  if (first === undefined)
    throw new ImportError(`${name}: no line says which market it is of; name it with --symbol`);
  if (others.length > 0)
    throw new ImportError(
      `${name} holds several markets (${found.map((market) => market.market).join(', ')}); choose one with --symbol`,
    );
  return first;
}
