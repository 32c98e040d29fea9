/** A market as its venue names it. */
export type VenueMarket = {
  /** The venue's own name, such as `BTCUSDT` or `BTC-USD`. */
  readonly market: string;
  readonly venue: string;
  readonly base: string;
  readonly quote: string;
  /** Nothing proves the venue, and nothing contradicts it. */
  readonly isGuess?: boolean;
};
