/* Five venues with twelve markets each, over real sockets, in a process of their own; ends with its parent. */
import { SystemClock } from '../src/machine/system-clock.ts';
import { DoubleServer } from '../test/venue-double/double-server.ts';
import { type DoubleName, doubleOf } from '../test/venue-double/test-venue-rig.ts';

/** Settings of a feed with all of these markets, and one of them. */
export type Doubles = {
  readonly source: string;
  readonly endpoints: string;
  readonly first: string;
};

const VENUES: readonly DoubleName[] = ['binance', 'binance-usdm', 'kraken', 'okx', 'bybit'];
const MARKETS = 12;

const clock = new SystemClock();
const doubles = await Promise.all(
  VENUES.map(async (name) => {
    const double = doubleOf(name, clock, MARKETS);
    const server = await DoubleServer.start(double);
    double.start();
    return { name, double, server };
  }),
);
const [first] = doubles;
process.send?.({
  source: doubles
    .map(({ name, double }) => `${name}:${[...double.markets.keys()].join()}`)
    .join(';'),
  endpoints: doubles.map(({ name, server }) => `${name}=${server.endpoint}`).join(';'),
  first: `${[...(first?.double.markets.keys() ?? [])][0]}@${first?.name}`,
} satisfies Doubles);
process.on('disconnect', () => process.exit());
// Asked when the first socket was dialled, in wall time.
process.on('message', () => {
  const dials = doubles.flatMap(({ double }) => double.dials);
  process.send?.(Date.now() - (clock.monotonic() - Math.min(...dials)));
});
