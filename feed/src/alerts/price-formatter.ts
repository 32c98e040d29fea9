/** Price ticks as a person reads them: of the symbol's own grid, or of the one that is named. */
export type PriceFormatter = (symbol: string, ticks: number, tickSize?: string) => string;
