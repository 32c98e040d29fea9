import { notFound } from 'next/navigation';

import { isSymbol } from '@tapedeck/market/instrument';

import { TradeView } from '../../../../panels/trade/trade-view.tsx';

type Props = { readonly params: Promise<{ readonly symbol: string }> };

/** The segment may come with `@` literal or as `%40`; both are the same symbol. */
function symbolOf(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
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
