/** `BTC-USD@sim` with the venue dim: the name is what is looked for. */
export function SymbolText(props: { readonly symbol: string; readonly className?: string }) {
  const at = props.symbol.indexOf('@');
  const name = at < 0 ? props.symbol : props.symbol.slice(0, at);
  const venue = at < 0 ? '' : props.symbol.slice(at);
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
