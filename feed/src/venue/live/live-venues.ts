import { binanceCoinm, binanceSpot, binanceUsdm } from '../binance/binance-live.ts';
import { bitfinexLive } from '../bitfinex/bitfinex-live.ts';
import { bitstampLive } from '../bitstamp/bitstamp-live.ts';
import { bybitInverse, bybitLinear, bybitSpot } from '../bybit/bybit-live.ts';
import { coinbaseLive } from '../coinbase/coinbase-live.ts';
import { deribitLive } from '../deribit/deribit-live.ts';
import { hyperliquidLive } from '../hyperliquid/hyperliquid-live.ts';
import { krakenLive } from '../kraken/kraken-live.ts';
import type { LiveVenue } from '../live-venue.ts';
import { okxLive } from '../okx/okx-live.ts';

/** The venues that can be live, by their name in settings and symbols. */
export const LIVE_VENUES: ReadonlyMap<string, LiveVenue> = new Map(
  [
    binanceSpot,
    binanceUsdm,
    binanceCoinm,
    bitfinexLive,
    bitstampLive,
    coinbaseLive,
    krakenLive,
    okxLive,
    bybitSpot,
    bybitLinear,
    bybitInverse,
    deribitLive,
    hyperliquidLive,
  ].map((venue) => [venue.venue, venue]),
);
