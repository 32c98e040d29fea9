/** Price ticks as readable text: in the symbol's own grid, or in the one given. */
export type PriceFormatter = (symbol: string, ticks: number, tickSize?: string) => string;
