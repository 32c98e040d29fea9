import { nameOf } from '@tapedeck/market/instrument/instrument';

/** `BTC-USD@sim` with the venue dim: people look for the name. */
export function SymbolText(props: { readonly symbol: string; readonly className?: string }) {
  const name = nameOf(props.symbol);
  const venue = props.symbol.slice(name.length);
  return (
    <span className={props.className}>
      {name}
      <span className="font-normal text-faint">{venue}</span>
    </span>
  );
}

/** Path of a symbol's page. `@` stays literal: it is legal in a path and easier to read. */
export function symbolPath(symbol: string): string {
  return `/s/${encodeURIComponent(symbol).replaceAll('%40', '@')}`;
}
