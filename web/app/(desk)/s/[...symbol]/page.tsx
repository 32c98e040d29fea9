import { notFound } from 'next/navigation';

import { isSymbol } from '@tapedeck/market/instrument/instrument';

import { TradeView } from '../../../../screens/trade/trade-view.tsx';

type Props = { readonly params: Promise<{ readonly symbol: readonly string[] }> };

/**
 * A symbol with a slash may come as typed (`/s/PEPE/WETH@dex`) or encoded (`%2F`), the `@` literal or as `%40`: all
 * of them mean the same symbol.
 */
function symbolOf(segments: readonly string[]): string {
  const path = segments.join('/');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

export async function generateMetadata({ params }: Props) {
  return { title: `${symbolOf((await params).symbol)} · Tapedeck` };
}

export default async function SymbolPage({ params }: Props) {
  const symbol = symbolOf((await params).symbol);
  if (!isSymbol(symbol)) notFound();
  return <TradeView symbol={symbol} />;
}
