import { SystemClock } from '../../src/machine/system-clock.ts';
import { DoubleServer } from './double-server.ts';
import type { DoubleVenue } from './double-venue.ts';
import { type DoubleName, doubleOf } from './test-venue-rig.ts';

/**
 * A double that plays in real time, at a port of its own; `today`: its clock shows the present, not that of its
 * recording.
 */
export async function playDouble(
  name: DoubleName,
  { today = false } = {},
): Promise<{
  readonly double: DoubleVenue;
  readonly server: DoubleServer;
  readonly stop: () => Promise<void>;
}> {
  const clock = new SystemClock();
  const double = doubleOf(name, clock);
  if (today) for (const market of double.markets.values()) market.startAt(clock.now());
  const server = await DoubleServer.start(double);
  double.start();
  const stop = async (): Promise<void> => {
    double.stop();
    await server.close();
  };
  return { double, server, stop };
}
